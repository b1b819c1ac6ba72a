import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { refuse } from './problem.ts';

export interface LimitFigures {
  /** Sign-ins (and refreshes) a second from one address. */
  signIn: number;
  /** Requests a second from one address without a valid session. */
  anonymous: number;
  /** Commands and queries a second of one organization, HTTP and sockets together. */
  organization: number;
}

/** Sign-in per contract 20/s, anonymous 100/s; an organization gets more than one node can answer, so only a runaway client meets it. */
export const defaultLimits: LimitFigures = { signIn: 20, anonymous: 100, organization: 20_000 };

/** Each throws Rejection 429 `rate.limited` with `retryAfterMs` once the budget of the running second is spent. */
export interface Limits {
  signIn(ip: string): Promise<void>;
  anonymous(ip: string): Promise<void>;
  organization(organizationId: string): Promise<void>;
}

function budget(points: number, whose: string): (key: string) => Promise<void> {
  const limiter = new RateLimiterMemory({ points, duration: 1 });
  return async (key) => {
    try {
      await limiter.consume(key);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw refuse('rate.limited', `More than ${points} requests in a second ${whose}. Try again in a moment.`, {
        retryAfterMs: Math.max(1, error.msBeforeNext),
      });
    }
  };
}

/** Budgets of this process: one-second windows in memory. */
export function createLimits(changes: Partial<LimitFigures> = {}): Limits {
  const figures = { ...defaultLimits, ...changes };
  return {
    signIn: budget(figures.signIn, 'from this address'),
    anonymous: budget(figures.anonymous, 'from this address without signing in'),
    organization: budget(figures.organization, 'for this organization'),
  };
}
