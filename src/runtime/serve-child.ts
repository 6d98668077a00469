/**
 * The child's side of `ChildPool`: a module that is forked calls `serveChild` with its handlers.
 * Messages are structured clones (typed arrays arrive as they left).
 */

export interface ChildContext {
  /** Aborts when the caller cancelled; check it between native calls, which cannot be interrupted. */
  readonly signal: AbortSignal;
  /** Sends an event to the caller's `onEvent`, in order, before the result. */
  readonly emit: (event: unknown) => void;
}

export type ChildHandler = (params: never, context: ChildContext) => unknown;

export type ParentMessage =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: string;
      readonly params: unknown;
    }
  | { readonly type: 'cancel'; readonly id: number };

export type ChildMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'event'; readonly id: number; readonly event: unknown }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | {
      readonly type: 'error';
      readonly id: number;
      readonly error: {
        readonly code: string | null;
        readonly message: string;
        readonly stage?: string | undefined;
        readonly extra?: Readonly<Record<string, unknown>> | undefined;
      };
    };

/** Answers calls until the parent goes away; then the process exits by itself. */
export function serveChild(handlers: Readonly<Record<string, ChildHandler>>): void {
  const send = (message: ChildMessage): void => {
    // The callback takes the EPIPE of a parent that was killed; `disconnect` then ends this process.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  const running = new Map<number, AbortController>();
  const call = async (id: number, method: string, params: unknown): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const handler = handlers[method];
      if (handler === undefined) throw new Error(`no method ${method}`);
      const result: unknown = await handler(params as never, {
        signal: controller.signal,
        emit: (event) => {
          send({ type: 'event', id, event });
        },
      });
      send({ type: 'result', id, result });
    } catch (error) {
      const typed = error as {
        code?: unknown;
        message?: unknown;
        stage?: string;
        extra?: Readonly<Record<string, unknown>>;
      };
      send({
        type: 'error',
        id,
        error: {
          code: typeof typed.code === 'string' ? typed.code : null,
          message: String(typed.message ?? error),
          stage: typed.stage,
          extra: typed.extra,
        },
      });
    } finally {
      running.delete(id);
    }
  };
  process.on('message', (message: ParentMessage) => {
    if (message.type === 'call') void call(message.id, message.method, message.params);
    else running.get(message.id)?.abort();
  });
  // Orphans must not outlive the service; Ctrl-C reaches the whole group, the parent decides.
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => undefined);
  send({ type: 'ready' });
}
