import { describe, expect, test } from 'vitest';
import { devContext, localContext, Synthesis } from './synthesis.ts';

describe.each([localContext, devContext])('the table of circuits in the $stage stage', (context) => {
  const table = new Synthesis(context).only('AWS::DynamoDB::Table');

  test('is keyed by pk and sk, both text', () => {
    expect(table['KeySchema']).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    expect(table['AttributeDefinitions']).toEqual([
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ]);
  });

  test('forgets entries when their ttl has come', () => {
    expect(table['TimeToLiveSpecification']).toEqual({ AttributeName: 'ttl', Enabled: true });
  });

  test('is paid by request, encrypted, and can be set back to an earlier time', () => {
    expect(table).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });
});
