import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { signInOrigin } from '../constructs/operators.ts';
import { WebApp } from '../constructs/web-app.ts';

/**
 * The web app, deployed before the API, which has to know the page's origin.
 *
 * So the API's own address is not known yet, and the page may fetch from every HTTP API of the region as
 * far as the headers made here go. The page that is deployed names the one it means in a policy of its
 * own, and a browser keeps to both.
 */
export class WebStack extends Stack {
  readonly app: WebApp;

  constructor(scope: Construct, id: string, stage: string) {
    super(scope, id, { description: 'Circuit breaker: the web app' });
    const anyHttpApi = `https://*.execute-api.${this.region}.${this.urlSuffix}`;
    this.app = new WebApp(this, 'Web', { stage, connectTo: [anyHttpApi, signInOrigin(this, stage)] });
    this.output('AmplifyAppId', this.app.appId);
    this.output('AmplifyBranchName', this.app.branchName);
    this.output('WebUrl', this.app.origin);
  }

  private output(key: string, value: string): void {
    new CfnOutput(this, key, { value });
  }
}
