import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';

export interface Route {
  readonly path: string;
  readonly methods: readonly HttpMethod[];
}

const { DELETE, GET, HEAD, PATCH, POST, PUT } = HttpMethod;

/** The routes that mean something, each with a line of its own in metrics and access logs. */
export const routes: readonly Route[] = [
  { path: '/items', methods: [GET, POST] },
  { path: '/items/{id}', methods: [GET, PUT, DELETE] },
  { path: '/circuits', methods: [GET] },
  { path: '/circuits/{name}', methods: [GET] },
  { path: '/circuits/{name}/events', methods: [GET] },
  { path: '/circuits/{name}/override', methods: [PUT, DELETE] },
  { path: '/faults', methods: [GET, DELETE] },
  { path: '/faults/{target}', methods: [PUT, DELETE] },
  { path: '/health', methods: [GET] },
  { path: '/openapi.json', methods: [GET] },
];

/**
 * Everything else goes to the API function too, which answers an unknown route or a wrong method with
 * a problem document where API Gateway would say no more than "Not Found".
 *
 * The methods are named one by one because `ANY` and `$default` would also take the `OPTIONS` of
 * browsers' preflight requests, which API Gateway answers itself only while no route matches them.
 */
export const everythingElse: readonly Route[] = ['/', '/{proxy+}'].map((path) => ({
  path,
  methods: [GET, HEAD, POST, PUT, PATCH, DELETE],
}));
