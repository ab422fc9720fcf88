import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useEffect, useState } from "react";
import { Route, Switch } from "wouter";
import { ApiProvider } from "@/api/ApiContext";
import { createApi } from "@/api/client";
import { FaultsBanner } from "@/features/faults/FaultsBanner";
import { LoadBanner } from "@/features/load/LoadBanner";
import { Live } from "@/shared/live/Live";
import { LiveProvider } from "@/shared/live/LiveContext";
import { LoadProvider } from "@/shared/load/LoadProvider";
import { NoticesProvider } from "@/shared/notices";
import { Announcer } from "./Announcer";
import { ErrorBoundary } from "./ErrorBoundary";
import { keepFocus } from "./keepFocus";
import { Notices } from "./Notices";
import { PAGES } from "./pages";
import type { RuntimeConfig } from "./runtimeConfig";
import type { Session } from "@/shared/session/Session";
import { SessionProvider } from "@/shared/session/SessionContext";
import { TopBar } from "./TopBar";
import { UnknownPage } from "./UnknownPage";

/**
 * The API retries, and says when to come back; retries here would multiply
 * with its own. What is polled comes again anyway.
 */
function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: false, networkMode: "always" },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

export function App({ config, session }: { config: RuntimeConfig; session: Session }) {
  const [queries] = useState(createQueries);
  const [api] = useState(() => createApi(config.apiUrl, session));
  const [live] = useState(() => new Live(api));
  useEffect(() => live.start(), [live]);
  useEffect(keepFocus, []);
  return (
    <QueryClientProvider client={queries}>
      <ApiProvider value={api}>
        <SessionProvider value={session}>
          <LiveProvider value={live}>
            <NoticesProvider>
              <LoadProvider>
                <TopBar />
                <FaultsBanner />
                <LoadBanner />
                <main id="content" tabIndex={-1}>
                  <ErrorBoundary>
                    <Suspense>
                      <Switch>
                        {PAGES.map(({ path, Component }) => (
                          <Route key={path} path={path} component={Component} />
                        ))}
                        <Route component={UnknownPage} />
                      </Switch>
                    </Suspense>
                  </ErrorBoundary>
                </main>
                <Announcer />
                <Notices />
              </LoadProvider>
            </NoticesProvider>
          </LiveProvider>
        </SessionProvider>
      </ApiProvider>
    </QueryClientProvider>
  );
}
