import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { CfnReplicationGroup, CfnSubnetGroup, CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { CacheSettings } from '../settings/stage-settings.ts';
import { cacheAccess } from './cache-access.ts';
import type { CacheConnections, Connection } from './connection.ts';
import { cachePort, type PrivateNetwork } from './private-network.ts';

export interface ItemsCacheProps {
  readonly stage: string;
  readonly settings: CacheSettings;
  readonly network: PrivateNetwork;
}

/** Valkey on ElastiCache, over TLS only, with one user for who writes and one for who reads. */
export class ItemsCache extends Construct {
  readonly connections: CacheConnections;
  /** The machines, by the names that ElastiCache gives them. */
  readonly nodes: readonly string[];

  constructor(scope: Construct, id: string, { stage, settings, network }: ItemsCacheProps) {
    super(scope, id);
    const writer = this.user('Writer', `circuit-breaker-${stage}-writer`, cacheAccess.writer);
    const reader = this.user('Reader', `circuit-breaker-${stage}-reader`, cacheAccess.reader);
    const users = new CfnUserGroup(this, 'Users', {
      engine: 'valkey',
      userGroupId: `circuit-breaker-${stage}`,
      userIds: [writer.ref, reader.ref],
    });
    const subnets = new CfnSubnetGroup(this, 'Subnets', {
      description: 'Isolated subnets of the cache of items',
      subnetIds: network.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
    });
    const replicated = settings.replicas > 0;
    const cache = new CfnReplicationGroup(this, 'Cache', {
      replicationGroupDescription: 'Cache of items',
      engine: 'valkey',
      engineVersion: '8.1',
      autoMinorVersionUpgrade: true,
      cacheNodeType: settings.nodeType,
      numCacheClusters: 1 + settings.replicas,
      automaticFailoverEnabled: replicated,
      multiAzEnabled: replicated,
      port: cachePort,
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      atRestEncryptionEnabled: true,
      userGroupIds: [users.ref],
      cacheSubnetGroupName: subnets.ref,
      securityGroupIds: [network.cache.securityGroupId],
    });
    this.nodes = Array.from({ length: 1 + settings.replicas }, (_, index) => `${cache.ref}-00${index + 1}`);
    this.connections = {
      writer: this.connectionTo(cache, writer),
      reader: this.connectionTo(cache, reader),
    };
    this.acknowledge(replicated);
  }

  private acknowledge(replicated: boolean): void {
    const validations = Validations.of(this);
    validations.acknowledge({
      id: 'AwsSolutions-AEC6',
      reason: 'Users authenticate by IAM through their group, which replaces the AUTH token.',
    });
    if (!replicated) {
      validations.acknowledge({ id: 'AwsSolutions-AEC4', reason: 'The stage settles for no replica.' });
    }
  }

  /** IAM authentication asks that a user's name be its id. */
  private user(id: string, name: string, accessString: string): CfnUser {
    return new CfnUser(this, id, {
      engine: 'valkey',
      userId: name,
      userName: name,
      authenticationMode: { Type: 'iam' },
      accessString,
    });
  }

  private connectionTo(cache: CfnReplicationGroup, user: CfnUser): Connection {
    const address = `${cache.attrPrimaryEndPointAddress}:${cache.attrPrimaryEndPointPort}`;
    const arn = (resource: string, resourceName: string) =>
      Stack.of(this).formatArn({
        service: 'elasticache',
        resource,
        resourceName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    return {
      environment: {
        CACHE_URL: `rediss://${user.userName}@${address}`,
        CACHE_AUTH: 'iam',
        CACHE_NAME: cache.ref,
      },
      permissions: [
        new PolicyStatement({
          sid: 'Cache',
          actions: ['elasticache:Connect'],
          resources: [arn('replicationgroup', cache.ref), arn('user', user.ref)],
        }),
      ],
    };
  }
}
