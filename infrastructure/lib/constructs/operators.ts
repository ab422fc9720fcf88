import { Aws, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnUserPoolGroup,
  FeaturePlan,
  type IUserPool,
  Mfa,
  StandardThreatProtectionMode,
  UserPool,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { DataProtection, SignInSettings } from '../settings/stage-settings.ts';

export interface OperatorsProps {
  readonly stage: string;
  readonly settings: SignInSettings;
  readonly dataProtection: DataProtection;
}

/** The group of the pool whose members are operators; the API function looks for it in their tokens. */
export const operatorsGroup = 'operators';

/**
 * The users of a stage, and among them those who may change how the system behaves. Accounts are made by
 * hand, and a user is an operator only as a member of the operators' group.
 */
export class Operators extends Construct {
  readonly userPool: IUserPool;

  constructor(scope: Construct, id: string, { stage, settings, dataProtection }: OperatorsProps) {
    super(scope, id);
    const kept = dataProtection === 'kept';
    const protectedFromThreats = settings.threatProtection === 'enforced';
    const userPool = new UserPool(this, 'UserPool', {
      userPoolName: `circuit-breaker-${stage}`,
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      passwordPolicy: {
        minLength: 14,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
      },
      mfa: settings.secondFactor === 'required' ? Mfa.REQUIRED : Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      featurePlan: protectedFromThreats ? FeaturePlan.PLUS : FeaturePlan.ESSENTIALS,
      ...(protectedFromThreats && { standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION }),
      deletionProtection: kept,
      removalPolicy: kept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    new CfnUserPoolGroup(this, 'Group', {
      userPoolId: userPool.userPoolId,
      groupName: operatorsGroup,
      description: 'Those who may place overrides, inject faults and read the audit trail.',
    });
    userPool.addDomain('SignIn', { cognitoDomain: { domainPrefix: signInPrefix(stage) } });
    this.userPool = userPool;
    this.acknowledge(settings);
  }

  private acknowledge({ secondFactor, threatProtection }: SignInSettings): void {
    const validations = Validations.of(this);
    if (secondFactor === 'optional') {
      validations.acknowledge({ id: 'AwsSolutions-COG2', reason: 'The stage leaves a second factor to its operators.' });
    }
    if (threatProtection === 'none') {
      const reason = 'The stage saves what protection costs a user.';
      validations.acknowledge({ id: 'AwsSolutions-COG3', reason }, { id: 'AwsSolutions-COG8', reason });
    }
  }
}

/**
 * The origin of Cognito's pages, where operators sign in. It follows from names alone, so that a policy
 * can allow it without knowing the pool.
 */
export function signInOrigin(stack: Stack, stage: string): string {
  return `https://${signInPrefix(stage)}.auth.${stack.region}.amazoncognito.com`;
}

/** Unique among everybody's, hence the account. */
function signInPrefix(stage: string): string {
  return `circuit-breaker-${stage}-${Aws.ACCOUNT_ID}`;
}
