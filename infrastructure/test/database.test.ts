import { describe, expect, test } from 'vitest';
import { engineFacts } from '../lib/constructs/database-engine.ts';
import type { DatabaseEngine } from '../lib/settings/stage-settings.ts';
import { managedContexts, rendered, Synthesis } from './synthesis.ts';

describe.each(managedContexts)('the $databaseEngine database of the $stage stage', (context) => {
  const stage = new Synthesis(context);
  const database = stage.only('AWS::RDS::DBInstance');
  const engine = context['databaseEngine'] as DatabaseEngine;
  const { port, logs } = engineFacts[engine];

  test('is private, encrypted, backed up, and lets logs be read', () => {
    expect(database).toMatchObject({
      Engine: engine,
      Port: String(port),
      PubliclyAccessible: false,
      StorageEncrypted: true,
      EnableCloudwatchLogsExports: logs,
    });
    expect(database['BackupRetentionPeriod']).toBeGreaterThanOrEqual(7);
    expect(database['VPCSecurityGroups'].map(rendered)).toEqual(['${NetworkDatabase GroupId}']);
  });

  test('admits users by IAM and over TLS only, and knows no password', () => {
    expect(database).toMatchObject({ EnableIAMDatabaseAuthentication: true, MasterUserAuthenticationType: 'iam-db-auth' });
    expect(database).not.toHaveProperty('MasterUserPassword');
    const enforceTls = { postgres: { 'rds.force_ssl': '1' }, mysql: { require_secure_transport: '1' } };
    expect(stage.only('AWS::RDS::DBParameterGroup')['Parameters']).toEqual(enforceTls[engine]);
    expect(stage.ofType('AWS::SecretsManager::Secret')).toEqual([]);
  });

  test('is what the Retry function is led to, which has it prove who it is', () => {
    const address = '${DatabaseInstance EndpointAddress}:${DatabaseInstance EndpointPort}';
    const url = {
      postgres: `postgres://items_owner@${address}/items?sslmode=verify-full&sslrootcert=/opt/rds-authorities.pem`,
      mysql: `mysql://items_owner@${address}/items?ssl-mode=VERIFY_IDENTITY&ssl-ca=/opt/rds-authorities.pem`,
    };
    expect(stage.environment('retry')).toMatchObject({ DATABASE_URL: url[engine], DATABASE_AUTH: 'iam' });
    expect(stage.function('retry')['Layers'].map(rendered)).toEqual(['${RdsAuthorities}']);
    for (const kind of ['api', 'fallback']) expect(stage.function(kind)['Layers']).toBeUndefined();
  });

  test('is let through to at its own port', () => {
    const ports = stage.ofType('AWS::EC2::SecurityGroupIngress').map(({ ToPort }) => ToPort);
    expect(ports).toContain(port);
    expect(ports.filter((each) => ![port, 6379, 443].includes(each))).toEqual([]);
  });

  test('has its logs deleted after a while', () => {
    const names = stage.ofType('AWS::Logs::LogGroup').map(({ LogGroupName }) => LogGroupName);
    for (const log of logs) {
      expect(names).toContain(`/aws/rds/instance/circuit-breaker-${context['stage']}/${log}`);
    }
  });
});
