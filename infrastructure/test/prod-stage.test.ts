import { describe, expect, test } from 'vitest';
import { prodContext, Synthesis } from './synthesis.ts';

const prod = new Synthesis(prodContext);

describe('the prod stage', () => {
  test('survives the loss of a zone', () => {
    expect(prod.only('AWS::RDS::DBInstance')['MultiAZ']).toBe(true);
    expect(prod.only('AWS::ElastiCache::ReplicationGroup')).toMatchObject({
      NumCacheClusters: 2,
      AutomaticFailoverEnabled: true,
      MultiAZEnabled: true,
    });
  });

  test('cannot lose its data by mistake', () => {
    expect(prod.only('AWS::RDS::DBInstance')).toMatchObject({ DeletionProtection: true, BackupRetentionPeriod: 35 });
    expect(prod.only('AWS::DynamoDB::Table')['DeletionProtectionEnabled']).toBe(true);
    const kept = prod.resources.filter(({ Type }) => ['AWS::RDS::DBInstance', 'AWS::DynamoDB::Table'].includes(Type));
    expect(kept.map(({ DeletionPolicy }) => DeletionPolicy).sort()).toEqual(['Retain', 'Snapshot']);
  });

  test('can tell for three months what happened', () => {
    for (const { RetentionInDays } of prod.ofType('AWS::Logs::LogGroup')) {
      expect(RetentionInDays).toBeGreaterThanOrEqual(90);
    }
  });

  test('runs on machines that do not slow down under load', () => {
    expect(prod.only('AWS::RDS::DBInstance')['DBInstanceClass']).not.toMatch(/^db\.t/);
    expect(prod.only('AWS::ElastiCache::ReplicationGroup')['CacheNodeType']).not.toMatch(/^cache\.t/);
    expect(prod.only('AWS::RDS::DBInstance')).toMatchObject({
      EnablePerformanceInsights: true,
      PerformanceInsightsRetentionPeriod: 7,
    });
  });

  test('refuses every fault', () => {
    for (const kind of ['api', 'retry', 'fallback']) {
      expect(prod.environment(kind)['FAULT_INJECTION']).toBe('refused');
    }
  });
});
