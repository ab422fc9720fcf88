/** A resource that the emulator (MiniStack 1.5) refuses. */
export interface Refusal {
  readonly type: string;
  /** With this property; without, always. */
  readonly property?: string;
  /** What is not there for want of it. */
  readonly missing: string;
}

export const unsupported: readonly Refusal[] = [
  { type: 'AWS::Amplify::App', missing: 'the web app, which `cargo xtask up` serves otherwise' },
  { type: 'AWS::Amplify::Branch', missing: 'the web app' },
  { type: 'AWS::CloudWatch::Alarm', property: 'Metrics', missing: 'an alarm on a share, which takes arithmetic' },
  { type: 'AWS::CloudWatch::CompositeAlarm', missing: 'the alarm over those about users' },
  { type: 'AWS::CodeDeploy::Application', missing: 'canaries: aliases move at once' },
  { type: 'AWS::CodeDeploy::DeploymentGroup', missing: 'canaries' },
  { type: 'AWS::EC2::FlowLog', missing: 'a log of what the network rejects, which is not a real one' },
  { type: 'AWS::EC2::SecurityGroupEgress', missing: 'a rule of that network' },
  { type: 'AWS::EC2::SecurityGroupIngress', missing: 'a rule of that network' },
  { type: 'AWS::IAM::OIDCProvider', missing: 'log-in of GitHub' },
  { type: 'AWS::Logs::QueryDefinition', missing: 'a saved query' },
];

export interface Resource {
  readonly Type: string;
  readonly Properties?: object;
  readonly DependsOn?: string | readonly string[];
  readonly UpdatePolicy?: unknown;
}

export function refusalOf({ Type, Properties = {} }: Resource): Refusal | undefined {
  return unsupported.find(({ type, property }) => type === Type && (property === undefined || property in Properties));
}
