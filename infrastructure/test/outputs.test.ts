import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { devContext, prodContext, Synthesis } from './synthesis.ts';

const sources = new URL('../../crates/deploy/src/', import.meta.url);
const deployer = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.rs'))
  .map((name) => readFileSync(new URL(name, sources), 'utf8').split('#[cfg(test)]')[0])
  .join('\n');

/** The outputs that the deployer asks for: `required("…")`, `get("…")` and `given(…, "…")`. */
const asked = [...deployer.matchAll(/\b(?:required|get|given)\((?:[^()"]*, )?"(\w+)"\)/g)].map(([, name]) => name!);

describe.each([devContext, prodContext])('the stacks of the $stage stage', (context) => {
  const { webOrigin: _, ...withWeb } = context;
  const stage = new Synthesis(withWeb);
  const outputs = [...stage.templates.keys()].flatMap((name) => stage.outputs(name));

  test('tell the deployer all that it asks for', () => {
    expect(asked).toEqual(expect.arrayContaining(['ApiUrl', 'AmplifyAppId', 'RetryFunctionName', 'SignInUrl']));
    for (const name of [...asked, 'ApiFunctionName', 'FallbackFunctionName']) expect(outputs).toContain(name);
  });
});
