import type { DatabaseEngine } from '../settings/stage-settings.ts';

/** What differs between the kinds of server on RDS. */
export interface EngineFacts {
  readonly version: string;
  readonly port: number;
  readonly parameterFamily: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The logs that go to CloudWatch; none of them holds what items say. */
  readonly logs: readonly string[];
  /** The scheme of its address. */
  readonly scheme: string;
  /** With these the Retry function connects only to a server that proves who it is. */
  readonly trust: (authorities: string) => string;
}

export const engineFacts: Readonly<Record<DatabaseEngine, EngineFacts>> = {
  postgres: {
    version: '18',
    port: 5432,
    parameterFamily: 'postgres18',
    parameters: { 'rds.force_ssl': '1' },
    logs: ['iam-db-auth-error', 'postgresql'],
    scheme: 'postgres',
    trust: (authorities) => `sslmode=verify-full&sslrootcert=${authorities}`,
  },
  mysql: {
    version: '8.4',
    port: 3306,
    parameterFamily: 'mysql8.4',
    parameters: { require_secure_transport: '1' },
    logs: ['error', 'iam-db-auth-error'],
    scheme: 'mysql',
    trust: (authorities) => `ssl-mode=VERIFY_IDENTITY&ssl-ca=${authorities}`,
  },
};
