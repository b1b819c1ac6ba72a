import type { Actor } from '../../domain/kernel/aggregate.ts';

/** Who a token stands for: an actor of the domain, in one organization, through one session. */
export interface Principal extends Actor {
  userId: string;
  /** The member's id; a person who signed in always has one. */
  agentId: string;
  sessionId: string;
  organizationId: string;
  /** Of the access token, epoch milliseconds. */
  expiresAt: number;
}
