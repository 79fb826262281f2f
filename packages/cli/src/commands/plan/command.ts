import type {
  Membership,
  MembershipDocument,
  PageDocument,
  PlansDocument,
  User,
} from '@roto/sdk/contract';
import { formatBytes } from '../../io/quantities.ts';
import { openPage } from '../../server/open-page.ts';
import type { CommandGroupSpec } from '../command-spec.ts';
import { confirmOptions, requireYes } from '../confirm-option.ts';
import { columns, shortTime } from '../list-options.ts';
import { defineServerCommand } from '../server-command.ts';

/** `roto plan`: what the account is subscribed to. */
export function createPlanCommands(): CommandGroupSpec {
  return {
    name: 'plan',
    summary: 'the subscription on the server',
    commands: [show(), list(), change(), cancel(), resume()],
    usual: 'show',
  };
}

function show() {
  return defineServerCommand({
    name: 'show',
    summary: 'the plan of the account (also: roto plan)',
    description: ['Shows the plan, and what becomes of it at the end of its period.'],
    examples: [{ text: '', line: 'roto plan' }],
    ask: async ({ roto }, { io: { signal } }) => {
      const { membership } = await roto.users.me({ signal });
      return printed(membership);
    },
  });
}

function list() {
  return defineServerCommand({
    name: 'list',
    summary: 'the plans there are',
    description: [
      'Shows every plan with its monthly credits, its storage, the tasks that run at a time and the qualities it has.',
    ],
    examples: [{ text: '', line: 'roto plan list' }],
    ask: async ({ roto }, { io: { signal } }) => {
      const { tiers } = await roto.billing.offers({ signal });
      const document: PlansDocument = { schema: 'roto.plans/1', plans: tiers };
      const rows = tiers.map((tier) => [
        tier.name,
        `${tier.monthly_credits} credits a month`,
        formatBytes(tier.storage_bytes),
        `${tier.concurrency} at a time`,
        tier.qualities.join(', '),
      ]);
      return { document, lines: columns(rows) };
    },
  });
}

function change() {
  return defineServerCommand({
    name: 'change',
    summary: 'go to another plan: up at once, down at the end of the period',
    description: [
      'Changes the plan. From the free one it opens the page where the first payment is made.',
    ],
    arguments: [{ syntax: '<plan>', text: 'name of a plan, see roto plan list' }],
    options: confirmOptions,
    examples: [{ text: '', line: 'roto plan change artist' }],
    ask: async ({ roto }, { words: [tier = ''], options, io }) => {
      const { signal } = io;
      const { membership }: Pick<User, 'membership'> = await roto.users.me({ signal });
      if (membership.stripe_subscription_id === null) {
        const { url } = await roto.billing.subscribe({ tier }, { signal });
        await openPage(io, options, url);
        const document: PageDocument = { schema: 'roto.page/1', url };
        return { document, lines: [url] };
      }
      await requireYes(io, options, `Go from ${membership.tier} to ${tier}?`);
      return printed(await roto.billing.changeTier({ tier }, { signal }));
    },
  });
}

function cancel() {
  return defineServerCommand({
    name: 'cancel',
    summary: 'end the subscription with its period',
    description: [
      'The plan stays until the end of the period that is paid for. roto plan resume takes it back.',
    ],
    options: confirmOptions,
    examples: [{ text: '', line: 'roto plan cancel' }],
    ask: async ({ roto }, { options, io }) => {
      await requireYes(io, options, 'End the subscription with its period?');
      return printed(await roto.billing.cancel({ signal: io.signal }));
    },
  });
}

function resume() {
  return defineServerCommand({
    name: 'resume',
    summary: 'take the end of the subscription back',
    description: ['Lets a subscription that was cancelled go on.'],
    examples: [{ text: '', line: 'roto plan resume' }],
    ask: async ({ roto }, { io }) => printed(await roto.billing.resume({ signal: io.signal })),
  });
}

function printed(membership: Membership) {
  const document: MembershipDocument = { schema: 'roto.membership/1', ...membership };
  const { tier, status, current_period_end, cancel_at, pending_tier_change } = membership;
  return {
    document,
    lines: [
      `plan    ${tier}, ${status}`,
      ...(current_period_end === null
        ? []
        : [`period  until ${shortTime(current_period_end)} UTC`]),
      ...(cancel_at === null ? [] : [`ends    ${shortTime(cancel_at)} UTC`]),
      ...(pending_tier_change === null ? [] : [`then    ${pending_tier_change}`]),
    ],
  };
}
