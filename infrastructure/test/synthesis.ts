import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { App, type Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readSettings } from '../lib/settings/read-settings.ts';
import { databaseEngines } from '../lib/settings/stage-settings.ts';
import { addSystem } from '../lib/system.ts';

export type Context = Readonly<Record<string, string>>;

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, any>;
  readonly DeletionPolicy?: string;
  readonly UpdatePolicy?: unknown;
}

const functionsDir = fileURLToPath(new URL('fixtures/functions', import.meta.url));

export const localContext: Context = {
  stage: 'local',
  webOrigin: 'http://127.0.0.1:8080',
  functionsDir,
  databaseUrl: 'postgres://items:secret@127.0.0.1:5432/items',
  cacheUrl: 'redis://127.0.0.1:6379',
};

export const devContext: Context = {
  stage: 'dev',
  webOrigin: 'https://items.example.com',
  functionsDir,
  dynamoDbPrefixList: 'pl-02cd2c6b',
};

export const prodContext: Context = { ...devContext, stage: 'prod' };

/** Every stage that runs its own database, with every kind of it. */
export const managedContexts: readonly Context[] = [devContext, prodContext].flatMap((context) =>
  databaseEngines.map((databaseEngine) => ({ ...context, databaseEngine })),
);

/** The templates of one stage, made under the same feature flags as a deployment's. */
export class Synthesis {
  readonly templates: ReadonlyMap<string, Template>;
  /** The folder of the functions' and layers' contents. */
  readonly assets: string;
  /** The account of each stack, where it is not that of whoever deploys. */
  readonly accounts: readonly (string | undefined)[];

  constructor(context: Context) {
    const { context: flags } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8'));
    const app = new App({ context: flags });
    addSystem(app, readSettings(context));
    const stacks = app.node.children as Stack[];
    this.assets = app.outdir;
    this.accounts = stacks.map(({ account }) => (Token.isUnresolved(account) ? undefined : account));
    this.templates = new Map(stacks.map((stack) => [stack.stackName, Template.fromStack(stack)]));
  }

  get resources(): Resource[] {
    return [...this.templates.values()].flatMap((template) => Object.values(resourcesOf(template)));
  }

  ofType(type: string): Record<string, any>[] {
    return this.resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
  }

  /** Fails unless there is exactly one. */
  only(type: string): Record<string, any> {
    const [found, ...others] = this.ofType(type);
    if (found === undefined || others.length > 0) {
      throw new Error(`expected one ${type}, found ${others.length + (found ? 1 : 0)}`);
    }
    return found;
  }

  function(kind: string): Record<string, any> {
    const found = this.ofType('AWS::Lambda::Function').find(({ FunctionName }) => FunctionName.endsWith(`-${kind}`));
    if (found === undefined) throw new Error(`there is no ${kind} function`);
    return found;
  }

  /** The role of a function and the policies attached to it. */
  roleOf(kind: string): Resource[] {
    const [role] = this.function(kind)['Role']['Fn::GetAtt'];
    const inSameStack = [...this.templates.values()].map(resourcesOf).find((resources) => role in resources) ?? {};
    return Object.entries(inSameStack)
      .filter(([id, { Type, Properties }]) =>
        Type === 'AWS::IAM::Policy' ? Properties['Roles'].some(({ Ref }: { Ref: string }) => Ref === role) : id === role,
      )
      .map(([, resource]) => resource);
  }

  /** A function's variables as text, with references to other resources shown as `${...}`. */
  environment(kind: string): Record<string, string> {
    const variables: Record<string, unknown> = this.function(kind)['Environment'].Variables;
    return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, rendered(value)]));
  }

  outputs(stackName: string): string[] {
    return Object.keys(this.templates.get(stackName)?.toJSON()['Outputs'] ?? {});
  }
}

function resourcesOf(template: Template): Record<string, Resource> {
  return template.toJSON()['Resources'] ?? {};
}

/** Flattens an intrinsic function into text; the logical ids lose the hash that CDK adds. */
export function rendered(value: any): string {
  if (typeof value !== 'object') return String(value);
  if ('Fn::Join' in value) return value['Fn::Join'][1].map(rendered).join(value['Fn::Join'][0]);
  if ('Ref' in value) return `\${${withoutHash(value.Ref)}}`;
  if ('Fn::GetAtt' in value) {
    const [resource, attribute] = value['Fn::GetAtt'];
    return `\${${withoutHash(resource)}.${attribute}}`;
  }
  if ('Fn::ImportValue' in value) {
    const [, name] = value['Fn::ImportValue'].split(':ExportsOutput');
    return `\${${name.replace(/[0-9A-F]{8}/g, ' ').replace(/^(Ref|FnGetAtt)/, '').trim()}}`;
  }
  throw new Error(`cannot render ${JSON.stringify(value)}`);
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}
