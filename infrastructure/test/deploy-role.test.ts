import { describe, expect, test } from 'vitest';
import { type Context, devContext, prodContext, rendered, Synthesis } from './synthesis.ts';

const github = { githubRepository: 'example/circuit-breaker' };

function role(context: Context): Record<string, any> {
  const found = new Synthesis(context).ofType('AWS::IAM::Role').find(({ RoleName }) => RoleName?.endsWith('-deploy'));
  if (found === undefined) throw new Error('there is no such role');
  return found;
}

const trustOf = (context: Context) => role(context)['AssumeRolePolicyDocument'].Statement;
const claims = 'token.actions.githubusercontent.com';

describe('the role that deploys', () => {
  test('is for one branch of one repository', () => {
    const [statement, ...others] = trustOf({ ...prodContext, ...github });
    expect(others).toEqual([]);
    expect(statement).toMatchObject({
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          [`${claims}:aud`]: 'sts.amazonaws.com',
          [`${claims}:sub`]: 'repo:example/circuit-breaker:ref:refs/heads/main',
        },
      },
    });
    expect(Object.keys(statement.Condition)).toEqual(['StringEquals']);
  });

  test('is for one environment where there is one, whose own rules say which branches', () => {
    const [{ Condition }] = trustOf({ ...prodContext, ...github, githubEnvironment: 'prod' });
    expect(Condition.StringEquals[`${claims}:sub`]).toBe('repo:example/circuit-breaker:environment:prod');
  });

  test('shares the provider that an account may have already', () => {
    const githubOidcProvider = `arn:aws:iam::123456789012:oidc-provider/${claims}`;
    const stage = new Synthesis({ ...devContext, ...github, githubOidcProvider });
    expect(stage.ofType('AWS::IAM::OIDCProvider')).toEqual([]);
    expect(trustOf({ ...devContext, ...github, githubOidcProvider })[0].Principal.Federated).toBe(githubOidcProvider);
    expect(new Synthesis({ ...devContext, ...github }).only('AWS::IAM::OIDCProvider')['Url']).toBe(`https://${claims}`);
  });

  test('may do what a deployment of this stage does, and nothing else', () => {
    const [policy, ...others] = role({ ...devContext, ...github })['Policies'];
    expect(others).toEqual([]);
    expect(role({ ...devContext, ...github })['ManagedPolicyArns']).toBeUndefined();
    const statements: Record<string, any>[] = policy.PolicyDocument.Statement;
    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([]);
    for (const { Sid, Resource } of statements) {
      for (const resource of [Resource].flat().map(rendered)) {
        expect(resource, Sid).toMatch(/-dev-|:circuit-breaker-dev|apps\/\$\{WebApp AppId\}|role\/cdk-hnb659fds-|CodeDeployDefault\./);
      }
    }
  });

  test('is not there where only people deploy', () => {
    expect(() => role(devContext)).toThrow('there is no such role');
  });
});
