import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { FunctionSettings, Purpose } from '../settings/stage-settings.ts';

export interface Route {
  readonly path: string;
  readonly methods: readonly HttpMethod[];
  readonly purpose: Purpose;
}

const { DELETE, GET, HEAD, PATCH, POST, PUT } = HttpMethod;

/** The routes that mean something, each with a line of its own in metrics and access logs. */
const named: readonly Route[] = [
  { path: '/items', methods: [GET, POST], purpose: 'items' },
  { path: '/items/{id}', methods: [GET, PUT, DELETE], purpose: 'items' },
  { path: '/circuits', methods: [GET], purpose: 'information' },
  { path: '/circuits/{name}', methods: [GET], purpose: 'information' },
  { path: '/circuits/{name}/events', methods: [GET], purpose: 'information' },
  { path: '/circuits/{name}/override', methods: [PUT, DELETE], purpose: 'operations' },
  { path: '/health', methods: [GET], purpose: 'information' },
  { path: '/openapi.json', methods: [GET], purpose: 'information' },
];

const faults: readonly Route[] = [
  { path: '/faults', methods: [GET], purpose: 'information' },
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
 * find its way around the guard.
 */
const everythingElse: readonly Route[] = ['/', '/{proxy+}'].flatMap((path): Route[] => [
  { path, methods: [GET, HEAD], purpose: 'information' },
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
