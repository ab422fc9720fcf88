export interface HeaderRule {
  readonly pattern: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What the page may do in a browser, and who may do something with it. `vite preview` sends the same
 * policy, so that a breach shows before it is deployed.
 */
export function securityHeaders(connectTo: readonly string[]): readonly HeaderRule[] {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src 'self' ${connectTo.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return [
    {
      pattern: '**',
      headers: {
        'Content-Security-Policy': policy,
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
        'Referrer-Policy': 'no-referrer',
        'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
        'X-Content-Type-Options': 'nosniff',
        'X-Frame-Options': 'DENY',
        'Cache-Control': 'no-cache',
      },
    },
    // Their names change with their contents.
    { pattern: '/assets/**', headers: { 'Cache-Control': 'public, max-age=31536000, immutable' } },
  ];
}

/** In the YAML that Amplify reads; JSON's way to quote is one of YAML's. */
export function amplifyHeaders(rules: readonly HeaderRule[]): string {
  const lines = rules.flatMap(({ pattern, headers }) => [
    `  - pattern: ${JSON.stringify(pattern)}`,
    '    headers:',
    ...Object.entries(headers).flatMap(([key, value]) => [`      - key: ${key}`, `        value: "${value}"`]),
  ]);
  return ['customHeaders:', ...lines, ''].join('\n');
}
