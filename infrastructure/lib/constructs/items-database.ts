import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBInstance, CfnDBParameterGroup, CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import type { DatabaseSettings, DataProtection, LogRetentionDays } from '../settings/stage-settings.ts';
import type { Connection } from './connection.ts';
import { databasePort, type PrivateNetwork } from './private-network.ts';

export interface ItemsDatabaseProps {
  readonly stage: string;
  readonly settings: DatabaseSettings;
  readonly network: PrivateNetwork;
  readonly dataProtection: DataProtection;
  readonly logRetentionDays: LogRetentionDays;
}

const databaseName = 'items';
const user = 'items_owner';

/**
 * PostgreSQL on RDS, without a password anywhere.
 *
 * The level-2 construct insists on making a password and a secret for it; the resource itself can be
 * told to authenticate its first user by IAM, so it is used directly.
 */
export class ItemsDatabase extends Construct {
  readonly connection: Connection;

  constructor(scope: Construct, id: string, props: ItemsDatabaseProps) {
    super(scope, id);
    const { settings, network, dataProtection } = props;
    const identifier = `circuit-breaker-${props.stage}`;
    const subnets = new CfnDBSubnetGroup(this, 'Subnets', {
      dbSubnetGroupDescription: 'Isolated subnets of the database of items',
      subnetIds: network.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
    });
    const parameters = new CfnDBParameterGroup(this, 'Parameters', {
      family: 'postgres18',
      description: 'Refuses connections without TLS',
      parameters: { 'rds.force_ssl': '1' },
    });
    // RDS would make the log group itself, and keep it for ever.
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/rds/instance/${identifier}/postgresql`,
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const instance = new CfnDBInstance(this, 'Instance', {
      dbInstanceIdentifier: identifier,
      engine: 'postgres',
      engineVersion: '18',
      autoMinorVersionUpgrade: true,
      dbInstanceClass: settings.instanceClass,
      allocatedStorage: String(settings.storageGb),
      storageType: 'gp3',
      storageEncrypted: true,
      dbName: databaseName,
      port: String(databasePort),
      masterUsername: user,
      masterUserAuthenticationType: 'iam-db-auth',
      enableIamDatabaseAuthentication: true,
      dbParameterGroupName: parameters.ref,
      dbSubnetGroupName: subnets.ref,
      vpcSecurityGroups: [network.database.securityGroupId],
      publiclyAccessible: false,
      multiAz: settings.standby === 'second-zone',
      backupRetentionPeriod: settings.backupRetentionDays,
      copyTagsToSnapshot: true,
      deletionProtection: dataProtection === 'kept',
      enableCloudwatchLogsExports: ['postgresql'],
    });
    instance.node.addDependency(logGroup);
    instance.applyRemovalPolicy(dataProtection === 'kept' ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY);
    this.connection = this.connectionTo(instance);
    this.acknowledge(settings, dataProtection);
  }

  private acknowledge(settings: DatabaseSettings, dataProtection: DataProtection): void {
    const validations = Validations.of(this);
    validations.acknowledge({
      id: 'AwsSolutions-RDS11',
      reason: 'Only the Retry function can reach the port at all, so another number would hide nothing.',
    });
    if (settings.standby === 'none') {
      validations.acknowledge({ id: 'AwsSolutions-RDS3', reason: 'The stage settles for no standby.' });
    }
    if (dataProtection === 'disposable') {
      validations.acknowledge({ id: 'AwsSolutions-RDS10', reason: 'The data of the stage is disposable.' });
    }
  }

  private connectionTo(instance: CfnDBInstance): Connection {
    const address = `${instance.attrEndpointAddress}:${instance.attrEndpointPort}`;
    const login = Stack.of(this).formatArn({
      service: 'rds-db',
      resource: 'dbuser',
      resourceName: `${instance.attrDbiResourceId}/${user}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return {
      environment: {
        DATABASE_URL: `postgres://${user}@${address}/${databaseName}?sslmode=verify-full`,
        DATABASE_AUTH: 'iam',
      },
      permissions: [new PolicyStatement({ sid: 'Database', actions: ['rds-db:connect'], resources: [login] })],
    };
  }
}
