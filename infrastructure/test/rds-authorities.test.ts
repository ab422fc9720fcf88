import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rdsAuthorities } from '../lib/constructs/rds-authorities.ts';
import { devContext, Synthesis } from './synthesis.ts';

const { assets } = new Synthesis(devContext);
const certificates = rdsAuthorities().map((text) => new X509Certificate(text));

test('three authorities of each region vouch for RDS, each for itself', () => {
  const regions = new Map<string, number>();
  for (const { subject } of certificates) {
    const region = subject.match(/RDS (\S+) Root CA/)?.[1] ?? '';
    regions.set(region, (regions.get(region) ?? 0) + 1);
  }
  expect(regions.size).toBeGreaterThan(20);
  expect(regions.get('eu-central-1')).toBe(3);
  expect([...new Set(regions.values())]).toEqual([3]);
  for (const certificate of certificates) {
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  }
});

test('none of them expires before those who deploy this do', () => {
  expect(Math.min(...certificates.map(({ validTo }) => Date.parse(validTo)))).toBeGreaterThan(Date.parse('2060-01-01'));
});

test('the layer holds them where the function looks for them', () => {
  const layer = readdirSync(assets).map((name) => join(assets, name, 'rds-authorities.pem'));
  const [found, ...others] = layer.flatMap((file) => {
    try {
      return [readFileSync(file, 'utf8')];
    } catch {
      return [];
    }
  });
  expect(others).toEqual([]);
  expect(found?.match(/BEGIN CERTIFICATE/g)).toHaveLength(certificates.length);
});
