import { useSession, useSessionState } from "@/shared/session/SessionContext";

/** Who is signed in, where the stage asks. */
export function SessionControl() {
  const session = useSession();
  const state = useSessionState();
  if (state.kind === "open") return null;
  if (state.kind === "signed_out") {
    return (
      <button type="button" className="bar-button" onClick={() => void session.signIn()}>
        Sign in
      </button>
    );
  }
  return (
    <span className="session">
      <span className="session-name">{state.name}</span>
      <button type="button" className="bar-button" onClick={() => void session.signOut()}>
        Sign out
      </button>
    </span>
  );
}
