import { type Refusal, refusalOf, type Resource } from './unsupported.ts';

/** What a template has that matters here. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

export interface Omission {
  readonly template: Template;
  /** What was left out, by its logical id. */
  readonly omitted: ReadonlyMap<string, Refusal>;
}

/** The same template without the resources that the emulator refuses, and without what cannot be without them. */
export function omit(template: Template): Omission {
  const omitted = new Map<string, Refusal>();
  for (const [id, resource] of Object.entries(template.Resources)) {
    const refusal = refusalOf(resource);
    if (refusal) omitted.set(id, refusal);
  }
  const gone = new Set(omitted.keys());
  const resources = Object.entries(template.Resources)
    .filter(([id]) => !gone.has(id))
    .map(([id, resource]) => [id, withoutThem(resource, gone)]);
  const outputs = Object.entries(template.Outputs ?? {}).filter(([, output]) => !refersTo(output, gone));
  return {
    template: { ...template, Resources: Object.fromEntries(resources), Outputs: Object.fromEntries(outputs) },
    omitted,
  };
}

function withoutThem(resource: Resource, gone: ReadonlySet<string>): Resource {
  const { DependsOn = [], UpdatePolicy, ...rest } = resource;
  const dependsOn = [DependsOn].flat().filter((id) => !gone.has(id));
  return {
    ...(named(rest, gone) as Resource),
    ...(dependsOn.length > 0 && { DependsOn: dependsOn }),
    ...(UpdatePolicy !== undefined && !refersTo(UpdatePolicy, gone) && { UpdatePolicy }),
  };
}

function refersTo(value: unknown, gone: ReadonlySet<string>): boolean {
  return JSON.stringify(value) !== JSON.stringify(named(value, gone));
}

/** References to what is gone become its name: something has to stand in a dashboard's text. */
function named(value: unknown, gone: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => named(each, gone));
  if (typeof value !== 'object' || value === null) return value;
  const id = referenced(value);
  if (id !== undefined && gone.has(id)) return id;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, named(each, gone)]));
}

function referenced(value: object): string | undefined {
  if ('Ref' in value) return String(value.Ref);
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])) return String(value['Fn::GetAtt'][0]);
  return undefined;
}
