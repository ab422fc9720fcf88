import { describe, expect, test } from 'vitest';
import { omit, type Template } from '../emulator/omit.ts';
import { refusalOf, type Resource } from '../emulator/unsupported.ts';
import { devContext, localContext, Synthesis } from './synthesis.ts';

describe('what the emulator is given of a stage', () => {
  const dev = new Synthesis(devContext);
  const omissions = [...dev.templates].map(([name, template]) => [name, omit(template.toJSON() as Template)] as const);

  test('has nothing in it that it refuses, and refers to nothing that is not there', () => {
    for (const [, { template, omitted }] of omissions) {
      const left = JSON.stringify(template);
      expect(Object.values(template.Resources).filter(refusalOf)).toEqual([]);
      for (const id of omitted.keys()) {
        expect(left).not.toContain(`{"Ref":"${id}"}`);
        expect(left).not.toContain(`"Fn::GetAtt":["${id}"`);
      }
    }
  });

  test('has everything else', () => {
    for (const [name, { template, omitted }] of omissions) {
      const all = Object.keys(dev.templates.get(name)?.toJSON()['Resources']);
      expect([...Object.keys(template.Resources), ...omitted.keys()].sort()).toEqual(all.sort());
    }
  });

  test('lacks hardly anything of what runs', () => {
    const lost = omissions.flatMap(([, { omitted }]) => [...omitted.values()].map(({ type }) => type));
    for (const type of ['Lambda::Function', 'Lambda::Alias', 'RDS::DBInstance', 'ApiGatewayV2::Route', 'DynamoDB::Table']) {
      expect(lost).not.toContain(`AWS::${type}`);
    }
  });
});

test('the stage that is made for it needs no omission', () => {
  const resources = new Synthesis(localContext).resources as Resource[];
  expect(resources.filter(refusalOf)).toEqual([]);
});
