import { describe, expect, test } from 'vitest';
import { devContext, rendered, Synthesis } from './synthesis.ts';

const dev = new Synthesis(devContext);

describe('the dev stage', () => {
  test('has a stack for each part', () => {
    const stacks = ['Data', 'Network', 'Observability', 'Service', 'Web'].map((part) => `CircuitBreaker-dev-${part}`);
    expect([...dev.templates.keys()].sort()).toEqual(stacks);
  });

  test('gives functions no password, but a user that authenticates by IAM', () => {
    const common = { STAGE: 'dev', LOG_LEVEL: 'info', FAULT_INJECTION: 'allowed' };
    const cache = { CACHE_AUTH: 'iam', CACHE_NAME: '${Cache}' };
    const cacheAddress = '${Cache PrimaryEndPointAddress}:${Cache PrimaryEndPointPort}';
    const databaseAddress = '${DatabaseInstance EndpointAddress}:${DatabaseInstance EndpointPort}';
    expect(dev.environment('retry')).toEqual({
      ...common,
      ...cache,
      CACHE_FRESH_MS: '2000',
      DATABASE_MAX_CONNECTIONS: '4',
      FALLBACK_FUNCTION_NAME: '${FallbackLive}',
      CIRCUITS_TABLE_NAME: '${CircuitsTable}',
      DATABASE_URL: `postgres://items_owner@${databaseAddress}/items?sslmode=verify-full&sslrootcert=/opt/rds-authorities.pem`,
      DATABASE_AUTH: 'iam',
      CACHE_URL: `rediss://circuit-breaker-dev-writer@${cacheAddress}`,
    });
    expect(dev.environment('fallback')).toEqual({
      ...common,
      ...cache,
      CACHE_URL: `rediss://circuit-breaker-dev-reader@${cacheAddress}`,
    });
  });

  test('names to the API function the other functions, the circuits and the operators, and nothing else', () => {
    expect(dev.environment('api')).toEqual({
      STAGE: 'dev',
      LOG_LEVEL: 'info',
      FAULT_INJECTION: 'allowed',
      RETRY_FUNCTION_NAME: '${RetryLive}',
      FALLBACK_FUNCTION_NAME: '${FallbackLive}',
      CIRCUITS_TABLE_NAME: '${CircuitsTable}',
      OPERATORS_GROUP: 'operators',
      ITEMS_FOR: 'everyone',
    });
  });
});

describe('its functions', () => {
  test.each([
    ['api', 15],
    ['retry', 8],
    ['fallback', 3],
  ])('run the %s function on arm64, traced, for at most %i s', (kind, seconds) => {
    expect(dev.function(kind)).toMatchObject({
      Runtime: 'provided.al2023',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
      Timeout: seconds,
    });
  });

  test('run inside the network where they need the database or the cache, and only there', () => {
    const groups = (kind: string) => dev.function(kind)['VpcConfig']?.SecurityGroupIds.map(rendered);
    expect(groups('api')).toBeUndefined();
    expect(groups('retry')).toEqual(['${NetworkRetryFunction GroupId}']);
    expect(groups('fallback')).toEqual(['${NetworkFallbackFunction GroupId}']);
  });
});

describe('its network', () => {
  test('has no way to the internet', () => {
    const types = dev.resources.map(({ Type }) => Type);
    expect(types.filter((type) => /Gateway$|GatewayAttachment$|::EIP$/.test(type))).toEqual([]);
    expect(dev.ofType('AWS::EC2::Route')).toEqual([]);
    expect(dev.ofType('AWS::EC2::Subnet').filter(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch)).toEqual([]);
  });

  const name = (group: unknown) => rendered(group).replace(/^\$\{Network(.*)\.GroupId\}$/, '$1');

  test('lets exactly those talk that have to', () => {
    const ways = dev
      .ofType('AWS::EC2::SecurityGroupIngress')
      .map((rule) => `${name(rule['SourceSecurityGroupId'])} to ${name(rule['GroupId'])} at ${rule['ToPort']}`);
    expect(ways.sort()).toEqual([
      'FallbackFunction to Cache at 6379',
      'RetryFunction to Cache at 6379',
      'RetryFunction to Database at 5432',
      'RetryFunction to LambdaApi at 443',
    ]);
  });

  test('closes the way out of every group but to another group, and to DynamoDB for one', () => {
    const toDynamoDb = dev.only('AWS::EC2::SecurityGroupEgress');
    expect(toDynamoDb).toMatchObject({ DestinationPrefixListId: 'pl-02cd2c6b', IpProtocol: 'tcp', FromPort: 443, ToPort: 443 });
    expect(name(toDynamoDb['GroupId'])).toBe('RetryFunction');
    for (const group of dev.ofType('AWS::EC2::SecurityGroup')) {
      expect(group['SecurityGroupIngress']).toBeUndefined();
      expect(group['SecurityGroupEgress']).not.toHaveLength(0);
      for (const rule of group['SecurityGroupEgress']) {
        expect(rule['CidrIp'] ?? '255.255.255.255/32').toBe('255.255.255.255/32');
        expect(rule['CidrIpv6']).toBeUndefined();
      }
    }
  });

  const endpoint = (type: string) => {
    const [found = {}, ...others] = dev.ofType('AWS::EC2::VPCEndpoint').filter((each) => each['VpcEndpointType'] === type);
    expect(others).toEqual([]);
    return found;
  };

  test('reaches the Lambda API, for the Fallback function alone', () => {
    const { ServiceName, PolicyDocument, PrivateDnsEnabled } = endpoint('Interface');
    expect(rendered(ServiceName)).toBe('com.amazonaws.${AWS::Region}.lambda');
    expect(PrivateDnsEnabled).toBe(true);
    expect(PolicyDocument.Statement).toHaveLength(1);
    expect(PolicyDocument.Statement[0].Action).toBe('lambda:InvokeFunction');
    expect(rendered(PolicyDocument.Statement[0].Resource)).toMatch(/:function:circuit-breaker-dev-fallback:live$/);
  });

  test("reaches DynamoDB for the circuits' table alone", () => {
    const { ServiceName, PolicyDocument, RouteTableIds } = endpoint('Gateway');
    expect(rendered(ServiceName)).toBe('com.amazonaws.${AWS::Region}.dynamodb');
    expect(RouteTableIds).toHaveLength(dev.ofType('AWS::EC2::RouteTable').length);
    expect(PolicyDocument.Statement).toHaveLength(1);
    const { Action, Resource, Condition } = PolicyDocument.Statement[0];
    expect(Action).toEqual(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem']);
    expect(rendered(Resource)).toBe('${CircuitsTable.Arn}');
    expect(rendered(Condition.StringEquals['aws:PrincipalAccount'])).toBe('${AWS::AccountId}');
  });
});

describe('its cache', () => {
  test('is encrypted at rest and in transit, and reachable only inside the network', () => {
    const cache = dev.only('AWS::ElastiCache::ReplicationGroup');
    expect(cache).toMatchObject({
      Engine: 'valkey',
      AtRestEncryptionEnabled: true,
      TransitEncryptionEnabled: true,
      TransitEncryptionMode: 'required',
    });
    expect(cache['SecurityGroupIds'].map(rendered)).toEqual(['${NetworkCache GroupId}']);
  });

  test('has users that authenticate by IAM, of whom one can only read', () => {
    const users = dev.ofType('AWS::ElastiCache::User');
    expect(users.map(({ UserId, UserName, AuthenticationMode }) => [UserId, UserName, AuthenticationMode])).toEqual([
      ['circuit-breaker-dev-writer', 'circuit-breaker-dev-writer', { Type: 'iam' }],
      ['circuit-breaker-dev-reader', 'circuit-breaker-dev-reader', { Type: 'iam' }],
    ]);
    expect(users[1]?.['AccessString']).toBe('on ~item:* ~page:* ~incarnation -@all +ping +client|setinfo +getrange +time');
  });
});
