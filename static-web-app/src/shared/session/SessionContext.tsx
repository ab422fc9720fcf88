import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";
import type { Session, SessionState } from "./Session";

const SessionContext = createContext<Session | null>(null);
export const SessionProvider = SessionContext.Provider;

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("useSession needs a SessionProvider above it");
  return session;
}

export function useSessionState(): SessionState {
  const session = useSession();
  return useSyncExternalStore(session.watch, session.state);
}

/** Controls that the stage protects: where nobody is signed in, they say so instead. */
export function RequiresSignIn({ to, children }: { to: string; children: ReactNode }) {
  const session = useSession();
  const state = useSessionState();
  if (state.kind !== "signed_out") return children;
  return (
    <span className="requires-sign-in">
      <span className="quiet">{state.problem ?? `Only operators may ${to}.`}</span>{" "}
      <button type="button" className="small-button" onClick={() => void session.signIn()}>
        Sign in<span className="visually-hidden"> to {to}</span>
      </button>
    </span>
  );
}
