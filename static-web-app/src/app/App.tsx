import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import { Route, Switch } from "wouter";
import { ApiProvider } from "@/api/ApiContext";
import { createApi } from "@/api/client";
import { NoticesProvider } from "@/shared/notices";
import { CrashGuard } from "./CrashGuard";
import { Notices } from "./Notices";
import { CircuitsPage, ItemsPage, UnknownPage } from "./pages";
import type { RuntimeConfig } from "./runtimeConfig";
import { TopBar } from "./TopBar";

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

export function App({ config }: { config: RuntimeConfig }) {
  const [queries] = useState(createQueries);
  const [api] = useState(() => createApi(config.apiUrl));
  return (
    <QueryClientProvider client={queries}>
      <ApiProvider value={api}>
        <NoticesProvider>
          <TopBar />
          <main id="content" tabIndex={-1}>
            <CrashGuard>
              <Suspense>
                <Switch>
                  <Route path="/" component={ItemsPage} />
                  <Route path="/circuits" component={CircuitsPage} />
                  <Route component={UnknownPage} />
                </Switch>
              </Suspense>
            </CrashGuard>
          </main>
          <Notices />
        </NoticesProvider>
      </ApiProvider>
    </QueryClientProvider>
  );
}
