import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { FunctionSettings, Purpose } from '../settings/stage-settings.ts';

export interface Route {
  readonly path: string;
  readonly methods: readonly HttpMethod[];
  readonly purpose: Purpose;
}

const { DELETE, GET, HEAD, PATCH, POST, PUT } = HttpMethod;

/** What can be read can be asked for its headers alone (RFC 9110, section 9.3.2). */
const READ = [GET, HEAD];

/** The routes that mean something, each with a line of its own in metrics and access logs. */
const named: readonly Route[] = [
  { path: '/items', methods: [...READ, POST], purpose: 'items' },
  { path: '/items/{id}', methods: [...READ, PUT, DELETE], purpose: 'items' },
  { path: '/circuits', methods: READ, purpose: 'information' },
  { path: '/circuits/{name}', methods: READ, purpose: 'information' },
  { path: '/circuits/{name}/events', methods: READ, purpose: 'information' },
  { path: '/circuits/{name}/trail', methods: READ, purpose: 'trail' },
  { path: '/circuits/{name}/override', methods: [PUT, DELETE], purpose: 'operations' },
  { path: '/health', methods: READ, purpose: 'information' },
  { path: '/openapi.json', methods: READ, purpose: 'information' },
];

const faults: readonly Route[] = [
  { path: '/faults', methods: READ, purpose: 'information' },
  { path: '/faults', methods: [DELETE], purpose: 'operations' },
  { path: '/faults/{target}', methods: [PUT, DELETE], purpose: 'operations' },
];

/**
 * Everything else goes to the API function too, which answers an unknown route or a wrong method with
 * a problem document where API Gateway would say no more than "Not Found".
 *
 * The methods are named one by one because `ANY` and `$default` would also take the `OPTIONS` of
 * browsers' preflight requests, which API Gateway answers itself only while no route matches them.
 *
 * What would change something is guarded like an operation, lest an odd spelling of a guarded path
 * find its way around the authorizer.
 */
const everythingElse: readonly Route[] = ['/', '/{proxy+}'].flatMap((path): Route[] => [
  { path, methods: READ, purpose: 'information' },
  { path, methods: [POST, PUT, PATCH, DELETE], purpose: 'operations' },
]);

/**
 * The routes of a stage.
 *
 * Where faults are refused there is no route to them, so there is none for everything else either,
 * which would be one.
 */
export function routes({ faultInjection }: Pick<FunctionSettings, 'faultInjection'>): readonly Route[] {
  return faultInjection === 'allowed' ? [...named, ...faults, ...everythingElse] : named;
}
