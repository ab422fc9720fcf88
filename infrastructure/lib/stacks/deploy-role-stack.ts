import { CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib';
import { CfnOIDCProvider, FederatedPrincipal, PolicyDocument, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { deployPermissions } from '../constructs/deploy-permissions.ts';
import type { WebApp } from '../constructs/web-app.ts';
import type { GitHubSettings } from '../settings/stage-settings.ts';

const issuer = 'token.actions.githubusercontent.com';
const audience = 'sts.amazonaws.com';

/** Lets workflows of one GitHub repository deploy, with tokens that live for an hour and no key anywhere. */
export class DeployRoleStack extends Stack {
  constructor(scope: Construct, id: string, stage: string, github: GitHubSettings, web: WebApp) {
    super(scope, id, { description: 'Circuit breaker: the role of the workflows on GitHub that deploy it' });
    const provider = github.oidcProviderArn ?? this.provider();
    const role = new Role(this, 'Role', {
      roleName: `circuit-breaker-${stage}-deploy`,
      description: `Deploys circuit-breaker-${stage} from ${github.repository}`,
      maxSessionDuration: Duration.hours(1),
      assumedBy: new FederatedPrincipal(
        provider,
        // Compared as they are: a pattern here is how strangers get in.
        { StringEquals: { [`${issuer}:aud`]: audience, [`${issuer}:sub`]: subject(github) } },
        'sts:AssumeRoleWithWebIdentity',
      ),
      inlinePolicies: { Deploy: new PolicyDocument({ statements: deployPermissions(this, stage, web) }) },
    });
    new CfnOutput(this, 'DeployRoleArn', { value: role.roleArn });
    this.acknowledge(stage);
  }

  private acknowledge(stage: string): void {
    const here = '<AWS::Region>:<AWS::AccountId>';
    const branch = `apps/CircuitBreaker-${stage}-Web:ExportsOutputFnGetAttWebAppDBF9C5E8AppIdA48145CD/branches/main`;
    const unknownBefore = [
      `cloudformation:${here}:stack/CircuitBreaker-${stage}-*/*`,
      ...['api', 'retry', 'fallback'].map((kind) => `lambda:${here}:function:circuit-breaker-${stage}-${kind}:*`),
      ...['deployments', 'jobs'].map((made) => `amplify:${here}:${branch}/${made}/*`),
    ];
    Validations.of(this).acknowledge(
      ...unknownBefore.map((resource) => ({
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${resource}]`,
        reason: 'Stacks, versions, deployments and jobs get numbers that nobody knows before.',
      })),
    );
  }

  /** An account has one of these at most, for all repositories. */
  private provider(): string {
    const provider = new CfnOIDCProvider(this, 'GitHub', { url: `https://${issuer}`, clientIdList: [audience] });
    return provider.attrArn;
  }
}

/** A job in an environment says so, and then no longer from which branch it comes: the environment decides that. */
function subject({ repository, environment }: GitHubSettings): string {
  const claim = environment === undefined ? 'ref:refs/heads/main' : `environment:${environment}`;
  return `repo:${repository}:${claim}`;
}
