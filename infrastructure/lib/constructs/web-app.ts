import { CfnApp, CfnBranch } from 'aws-cdk-lib/aws-amplify';
import { Construct } from 'constructs';
import { amplifyHeaders, securityHeaders } from './security-headers.ts';

export interface WebAppProps {
  readonly stage: string;
  /** The origins that the page may fetch from besides its own. */
  readonly connectTo: readonly string[];
}

const branchName = 'main';

/** Whatever is no file is a page of the app, which finds out which one. */
const pagesOfTheApp =
  '</^[^.]+$|\\.(?!(css|gif|ico|jpg|js|json|map|png|svg|txt|webp|woff|woff2)$)([^.]+$)/>';

/** The web app on Amplify Hosting, which is handed zips: it has no repository, and builds nothing. */
export class WebApp extends Construct {
  readonly appId: string;
  readonly branchName: string;
  readonly origin: string;

  constructor(scope: Construct, id: string, { stage, connectTo }: WebAppProps) {
    super(scope, id);
    const app = new CfnApp(this, 'App', {
      name: `circuit-breaker-${stage}`,
      platform: 'WEB',
      customHeaders: amplifyHeaders(securityHeaders(connectTo)),
      customRules: [{ source: pagesOfTheApp, target: '/index.html', status: '200' }],
    });
    const branch = new CfnBranch(this, 'Branch', {
      appId: app.attrAppId,
      branchName,
      stage: 'PRODUCTION',
      enableAutoBuild: false,
      enablePullRequestPreview: false,
    });
    this.appId = app.attrAppId;
    this.branchName = branch.branchName;
    this.origin = `https://${branchName}.${app.attrDefaultDomain}`;
  }
}
