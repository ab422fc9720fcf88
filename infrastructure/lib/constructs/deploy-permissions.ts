import { ArnFormat, DefaultStackSynthesizer, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { functionArn, functionName } from './function-name.ts';
import type { WebApp } from './web-app.ts';

const kinds = ['api', 'retry', 'fallback'] as const;
const paces = ['CodeDeployDefault.LambdaAllAtOnce', 'CodeDeployDefault.LambdaCanary10Percent5Minutes'];

/**
 * What a deployment does by itself; what CloudFormation does, it does under CDK's own roles. The one of
 * them for look-ups may read the whole account, and nothing is looked up.
 */
export function deployPermissions(stack: Stack, stage: string, web: WebApp): PolicyStatement[] {
  const application = `circuit-breaker-${stage}`;
  const functions = kinds.map((kind) => functionArn(stack, functionName(stage, kind)));
  const codeDeploy = (resource: string, resourceName: string) =>
    stack.formatArn({ service: 'codedeploy', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const branch = stack.formatArn({
    service: 'amplify',
    resource: 'apps',
    resourceName: `${web.appId}/branches/${web.branchName}`,
  });
  return [
    new PolicyStatement({
      sid: 'Infrastructure',
      actions: ['sts:AssumeRole'],
      resources: ['deploy', 'file-publishing'].map((role) => bootstrapRole(stack, role)),
    }),
    new PolicyStatement({
      sid: 'ReadOutputs',
      actions: ['cloudformation:DescribeStacks'],
      resources: [
        stack.formatArn({
          service: 'cloudformation',
          resource: 'stack',
          resourceName: `CircuitBreaker-${stage}-*/*`,
        }),
      ],
    }),
    new PolicyStatement({
      sid: 'Functions',
      actions: [
        'lambda:GetAlias',
        'lambda:GetFunction',
        'lambda:GetFunctionConfiguration',
        // A version is tried, and migrates, before it takes over.
        'lambda:InvokeFunction',
        'lambda:PublishVersion',
        'lambda:UpdateAlias',
        'lambda:UpdateFunctionCode',
      ],
      // A version is a resource of its own.
      resources: functions.flatMap((arn) => [arn, `${arn}:*`]),
    }),
    new PolicyStatement({
      sid: 'Release',
      actions: [
        'codedeploy:CreateDeployment',
        'codedeploy:GetApplicationRevision',
        'codedeploy:GetDeployment',
        'codedeploy:GetDeploymentConfig',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:RegisterApplicationRevision',
      ],
      resources: [
        codeDeploy('application', application),
        ...kinds.map((kind) => codeDeploy('deploymentgroup', `${application}/${functionName(stage, kind)}`)),
        ...paces.map((pace) => codeDeploy('deploymentconfig', pace)),
      ],
    }),
    new PolicyStatement({
      sid: 'Web',
      actions: ['amplify:CreateDeployment', 'amplify:GetJob', 'amplify:StartDeployment'],
      resources: [branch, `${branch}/deployments/*`, `${branch}/jobs/*`],
    }),
  ];
}

/** `cdk bootstrap` makes these, by names that follow from account and region. */
function bootstrapRole(stack: Stack, role: string): string {
  const { account, region } = stack;
  const name = `cdk-${DefaultStackSynthesizer.DEFAULT_QUALIFIER}-${role}-role-${account}-${region}`;
  return stack.formatArn({ service: 'iam', region: '', resource: 'role', resourceName: name });
}
