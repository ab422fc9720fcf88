import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { DataProtection } from '../settings/stage-settings.ts';

export interface CircuitsTableProps {
  readonly dataProtection: DataProtection;
}

/** The state of every circuit, shared by all execution environments. */
export class CircuitsTable extends Construct {
  readonly tableName: string;
  readonly permissions: readonly PolicyStatement[];

  constructor(scope: Construct, id: string, { dataProtection }: CircuitsTableProps) {
    super(scope, id);
    const kept = dataProtection === 'kept';
    const table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'ttl',
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: kept,
      removalPolicy: kept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.tableName = table.tableName;
    // Transactions are authorised action by action, so these four cover them too.
    this.permissions = [
      new PolicyStatement({
        sid: 'Circuits',
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        resources: [table.tableArn],
      }),
    ];
  }
}
