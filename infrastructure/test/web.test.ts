import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { devContext, prodContext, rendered, Synthesis } from './synthesis.ts';

const previewed = readFileSync(new URL('../../static-web-app/vite/runtimeConfig.ts', import.meta.url), 'utf8');

describe.each([devContext, prodContext])('the web app of the $stage stage', ({ webOrigin: _, ...context }) => {
  const stage = new Synthesis(context);
  const app = stage.only('AWS::Amplify::App');
  const headers = rendered(app['CustomHeaders']);
  const policy = headers.match(/Content-Security-Policy\n +value: "([^"]+)"/)?.[1]?.split('; ') ?? [];

  test('is handed over in zips, to no repository', () => {
    expect(app).toMatchObject({ Platform: 'WEB' });
    expect(app['Repository']).toBeUndefined();
    expect(stage.only('AWS::Amplify::Branch')).toMatchObject({ BranchName: 'main', EnableAutoBuild: false });
  });

  test('runs nothing but its own scripts and styles, and is framed by nobody', () => {
    expect(policy).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self' data:",
      `connect-src 'self' https://*.execute-api.\${AWS::Region}.\${AWS::URLSuffix} ` +
        `https://circuit-breaker-${context['stage']}-\${AWS::AccountId}.auth.\${AWS::Region}.amazoncognito.com`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    for (const directive of policy.filter((each) => !each.startsWith('connect-src'))) {
      expect(previewed, directive).toContain(`"${directive}"`);
    }
  });

  test('is sent with every header that keeps browsers strict', () => {
    for (const header of ['Strict-Transport-Security', 'X-Content-Type-Options', 'Referrer-Policy', 'Permissions-Policy']) {
      expect(headers).toContain(`- key: ${header}\n`);
    }
    expect(headers).toMatch(/max-age=31536000; includeSubDomains/);
  });

  test('answers its own pages with the app, and files with files', () => {
    const [rule] = app['CustomRules'];
    expect(rule).toMatchObject({ Target: '/index.html', Status: '200' });
    const page = new RegExp(rule.Source.replace(/^<\/|\/>$/g, ''));
    expect(['/', '/items/01a2', '/circuits/retry'].filter((path) => !page.test(path))).toEqual([]);
    expect(['/assets/index-1a.js', '/config.json', '/favicon.svg'].filter((path) => page.test(path))).toEqual([]);
  });

  test('is the one that the API and the sign-in page know, wherever Amplify puts it', () => {
    const origin = 'https://main.${WebApp DefaultDomain}';
    expect(stage.only('AWS::ApiGatewayV2::Api')['CorsConfiguration'].AllowOrigins.map(rendered)).toEqual([origin]);
    expect(stage.only('AWS::Cognito::UserPoolClient')['CallbackURLs'].map(rendered)).toEqual([`${origin}/`]);
  });

  test('may have an origin of its own', () => {
    const own = new Synthesis({ ...context, webOrigin: 'https://items.example.com' });
    expect(own.only('AWS::ApiGatewayV2::Api')['CorsConfiguration'].AllowOrigins).toEqual(['https://items.example.com']);
  });
});
