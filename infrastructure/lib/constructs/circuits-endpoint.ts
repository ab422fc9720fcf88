import { Stack } from 'aws-cdk-lib';
import { GatewayVpcEndpoint, GatewayVpcEndpointAwsService, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { CircuitsTable } from './circuits-table.ts';

export interface CircuitsEndpointProps {
  readonly vpc: IVpc;
  readonly circuits: CircuitsTable;
}

/**
 * The way from the network to the circuits' table, and to no other table.
 *
 * It belongs to the network but stands beside the table, in the Data stack: its policy names the table,
 * and a network that knew the table while the database needs the network would close a circle.
 */
export class CircuitsEndpoint extends Construct {
  constructor(scope: Construct, id: string, { vpc, circuits }: CircuitsEndpointProps) {
    super(scope, id);
    const endpoint = new GatewayVpcEndpoint(this, 'Endpoint', {
      vpc,
      service: GatewayVpcEndpointAwsService.DYNAMODB,
      subnets: [{ subnetType: SubnetType.PRIVATE_ISOLATED }],
    });
    for (const permission of circuits.permissions) {
      const anyone = permission.copy({
        principals: [new AnyPrincipal()],
        conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(this).account } },
      });
      endpoint.addToPolicy(anyone);
    }
  }
}
