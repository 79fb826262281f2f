import {
  ApiErrorBody,
  CreditBalance,
  CreditMovementPage,
  Membership,
  StripePage,
  User,
} from '@roto/sdk/contract';
import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { findBalances } from '../src/db/queries/ledger.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { creditPacks } from '../src/services/credit-packs.ts';
import { reserve } from '../src/services/ledger.ts';
import { grantAllMonthlyCredits } from '../src/services/monthly-credits.ts';
import { handleStripeEvent } from '../src/services/stripe-events.ts';
import { tiers } from '../src/services/tiers.ts';
import { databaseKinds } from './support/databases.ts';
import { mailsIn } from './support/mails.ts';
import { addMember, type Member } from './support/members.ts';
import { insertTask } from './support/rows.ts';
import { startApp, type TestApp } from './support/start-app.ts';
import { signedEvent, startStripe } from './support/stripe-server.ts';

async function open(kind: 'pglite' | 'postgres' = 'pglite') {
  const stripe = await startStripe();
  const app = await startApp({ kind, env: stripe.env });
  const member = await addMember(app);
  return { app, member, ...stripe };
}

const patience = { timeout: 40_000, interval: 200 };

async function post(app: TestApp, { token }: Member, path: string, json?: object) {
  return app.ask('POST', path, { token, ...(json === undefined ? {} : { json }) });
}

/** The session of a page that the service sends people to. */
async function sessionOf(reply: Response): Promise<string> {
  expect(reply.status).toBe(201);
  return new URL(StripePage.parse(await reply.json()).url).pathname.slice(1);
}

async function send(app: TestApp, { payload, signature }: { payload: string; signature: string }) {
  return app.app.request('/api/stripe/webhook', {
    method: 'POST',
    headers: { 'stripe-signature': signature, 'Content-Type': 'application/json' },
    body: payload,
  });
}

/** Sends events and waits until all of them are handled. */
async function tell(app: TestApp, ...events: readonly ReturnType<typeof signedEvent>[]) {
  for (const event of events) expect((await send(app, event)).status).toBe(200);
  await settled(app);
}

async function settled(app: TestApp): Promise<void> {
  await vi.waitFor(
    async () => {
      const rows = await app.deps.db.selectFrom('stripe_events').select('processed_at').execute();
      expect(rows.every(({ processed_at }) => processed_at !== null)).toBe(true);
    },
    { timeout: 20_000, interval: 50 },
  );
}

async function membershipOf(app: TestApp, { token }: Member): Promise<Membership> {
  return User.parse(await (await app.ask('GET', '/api/users/me', { token })).json()).membership;
}

async function availableOf(app: TestApp, { token }: Member): Promise<number> {
  const reply = await app.ask('GET', '/api/credits', { token });
  return CreditBalance.parse(await reply.json()).available;
}

async function codeOf(reply: Response): Promise<string> {
  return ApiErrorBody.parse(await reply.json()).error.code;
}

/** Subscribes to a tier and pays. */
async function subscribed(
  app: TestApp,
  member: Member,
  world: Awaited<ReturnType<typeof startStripe>>['world'],
  tier: string,
) {
  const session = await sessionOf(await post(app, member, '/api/stripe/checkout', { tier }));
  const { subscription = '', invoice = '' } = world.pay(session);
  await tell(
    app,
    signedEvent('checkout.session.completed', session),
    signedEvent('invoice.paid', invoice),
  );
  return subscription;
}

describe.each(databaseKinds)('credits that are bought, on %s', (kind) => {
  it('come when they are paid, once, however often and in whatever order Stripe tells', async () => {
    const { app, member, world } = await open(kind);
    const session = await sessionOf(
      await post(app, member, '/api/credits/purchase', { pack: 'small' }),
    );
    await tell(app, signedEvent('checkout.session.completed', session));
    expect(await availableOf(app, member)).toBe(0);

    const { charge = '' } = world.pay(session);
    Object.assign(world.get(charge), { amount_refunded: 250 });
    const completed = signedEvent('checkout.session.completed', session);
    const other = signedEvent('checkout.session.async_payment_succeeded', session);
    await tell(app, completed, other, completed);
    expect(await availableOf(app, member)).toBe(creditPacks.small.credits);

    const refunded = signedEvent('charge.refunded', charge);
    await tell(app, refunded, refunded, completed, signedEvent('charge.refunded', charge));
    expect(await availableOf(app, member)).toBe(creditPacks.small.credits * 0.75);
    const page = await app.ask('GET', '/api/credits/ledger', { token: member.token });
    const { data } = CreditMovementPage.parse(await page.json());
    expect(data.map((movement) => [movement.kind, movement.available])).toEqual([
      ['adjustment', -25],
      ['purchase', 100],
    ]);
  });
});

describe.each(databaseKinds)('credits whose payment is disputed, on %s', (kind) => {
  it('go while that is not decided, as far as they are there, and come back once it is won', async () => {
    const { app, member, world } = await open(kind);
    await addMember(app, { isSuper: true });
    const bought = await sessionOf(
      await post(app, member, '/api/credits/purchase', { pack: 'small' }),
    );
    const { charge = '' } = world.pay(bought);
    await tell(app, signedEvent('checkout.session.completed', bought));
    await inTransaction(app.deps.db, async (trx) => {
      const taskId = await insertTask(trx, member.id, 80);
      await reserve(trx, app.deps, { userId: member.id, taskId, credits: 80 });
    });
    const dispute = world.dispute(charge, 1000);
    const created = signedEvent('charge.dispute.created', dispute);
    await tell(app, created, created, signedEvent('charge.dispute.created', dispute));
    expect(await availableOf(app, member)).toBe(0);
    // Super users hear of it, the account does not.
    expect((await mailsIn(app.data, 1))[0]?.subject).toContain('disputed');

    Object.assign(world.get(dispute), { status: 'won' });
    const closed = signedEvent('charge.dispute.closed', dispute);
    await tell(app, closed, closed, signedEvent('charge.dispute.created', dispute));
    expect(await availableOf(app, member)).toBe(20);
  });

  it('stay gone where it is lost, in part too, and are never taken of one that is won already', async () => {
    const { app, member, world } = await open(kind);
    const pay = async () => {
      const bought = await sessionOf(
        await post(app, member, '/api/credits/purchase', { pack: 'small' }),
      );
      const { charge = '' } = world.pay(bought);
      return { charge, paid: signedEvent('checkout.session.completed', bought) };
    };
    const [first, second] = [await pay(), await pay()];
    const lost = world.dispute(first.charge, 500);
    const won = world.dispute(second.charge, 1000);
    Object.assign(world.get(won), { status: 'won' });
    await tell(app, first.paid, second.paid);
    await tell(
      app,
      signedEvent('charge.dispute.closed', won),
      signedEvent('charge.dispute.created', won),
      signedEvent('charge.dispute.created', lost),
    );
    expect(await availableOf(app, member)).toBe(150);
    Object.assign(world.get(lost), { status: 'lost' });
    await tell(app, signedEvent('charge.dispute.closed', lost));
    expect(await availableOf(app, member)).toBe(150);
  });
});

it('comes to the same in any order of events, each of them twice and all at once', async () => {
  const { app, world } = await open('postgres');
  const orders = fc.shuffledSubarray([...Array(14).keys()], { minLength: 14, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(orders, async (order) => {
      const member = await addMember(app);
      const bought = await sessionOf(
        await post(app, member, '/api/credits/purchase', { pack: 'small' }),
      );
      const begun = await sessionOf(
        await post(app, member, '/api/stripe/checkout', { tier: 'studio' }),
      );
      const { charge = '' } = world.pay(bought);
      Object.assign(world.get(charge), { amount_refunded: 500 });
      const { subscription = '', invoice = '' } = world.pay(begun);
      const second = world.renew(subscription, { isPaid: true });
      const events = [
        signedEvent('checkout.session.completed', bought),
        signedEvent('charge.refunded', charge),
        signedEvent('checkout.session.completed', begun),
        signedEvent('customer.subscription.created', subscription),
        signedEvent('customer.subscription.updated', subscription),
        signedEvent('invoice.paid', invoice),
        signedEvent('invoice.paid', second),
      ];
      const sent = order.map((index) => events[index % events.length]);
      const replies = sent.map((event) => event && send(app, event));
      await Promise.all(replies);
      await vi.waitFor(async () => {
        // A refund may wait for what it gives back. Its tries are minutes apart in life: here they
        // come once there is nothing else to do, or they would be taken before everything else.
        await sql`
          update pgboss.job set start_after = now()
          where state = 'retry' and not exists (
            select from pgboss.job other
            where other.name = job.name and other.state in ('created', 'active')
          )
        `.execute(app.deps.db);
        const rows = await app.deps.db.selectFrom('stripe_events').select('processed_at').execute();
        expect(rows.every(({ processed_at }) => processed_at !== null)).toBe(true);
      }, patience);
      expect(await availableOf(app, member)).toBe(50 + 2 * tiers.studio.monthlyCredits);
      expect((await membershipOf(app, member)).tier).toBe('studio');
    }),
    { numRuns: 3 },
  );
});

it('refuses events that Stripe did not sign, or signed with another secret', async () => {
  const { app } = await open();
  const forged = signedEvent('checkout.session.completed', 'cs_1', 'whsec_other');
  const reply = await send(app, forged);
  expect([reply.status, await codeOf(reply)]).toEqual([401, 'webhook_invalid']);
  const changed = signedEvent('checkout.session.completed', 'cs_1');
  const altered = { ...changed, payload: changed.payload.replace('cs_1', 'cs_2') };
  expect((await send(app, altered)).status).toBe(401);
  expect(await app.deps.db.selectFrom('stripe_events').select('id').execute()).toEqual([]);
});

it('keeps an event while Stripe is down, and handles it later', async () => {
  const { app, member, world } = await open();
  const session = await sessionOf(
    await post(app, member, '/api/credits/purchase', { pack: 'small' }),
  );
  world.pay(session);
  world.isDown = true;
  const event = signedEvent('checkout.session.completed', session);
  expect((await send(app, event)).status).toBe(200);
  await vi.waitFor(
    async () => {
      const rows = await app.deps.db.selectFrom('stripe_events').selectAll().execute();
      expect(rows).toMatchObject([{ processed_at: null, error: expect.any(String) }]);
    },
    { timeout: 20_000, interval: 50 },
  );
  expect(await codeOf(await post(app, member, '/api/stripe/portal'))).toBe('unavailable');
  world.isDown = false;
  await handleStripeEvent(app.deps, event.id);
  expect(await availableOf(app, member)).toBe(100);
  await handleStripeEvent(app.deps, event.id);
  expect(await availableOf(app, member)).toBe(100);
});

describe('a subscription', () => {
  it('gives its tier and the credits of each period that is paid, in any order of events', async () => {
    const { app, member, world } = await open();
    const session = await sessionOf(
      await post(app, member, '/api/stripe/checkout', { tier: 'studio' }),
    );
    const { subscription = '', invoice = '' } = world.pay(session);
    const second = world.renew(subscription, { isPaid: true });
    const events = [
      signedEvent('invoice.paid', second),
      signedEvent('customer.subscription.updated', subscription),
      signedEvent('invoice.paid', invoice),
      signedEvent('checkout.session.completed', session),
      signedEvent('customer.subscription.created', subscription),
    ];
    await tell(app, ...events, ...events);
    expect(await availableOf(app, member)).toBe(2 * tiers.studio.monthlyCredits);
    expect(await membershipOf(app, member)).toMatchObject({
      tier: 'studio',
      status: 'active',
      auto_renewal: true,
      stripe_subscription_id: subscription,
    });
    expect(await codeOf(await post(app, member, '/api/stripe/checkout', { tier: 'artist' }))).toBe(
      'conflict',
    );
  });

  it('goes up at once, with the difference of the credits, and not without a payment', async () => {
    const { app, member, world } = await open();
    await subscribed(app, member, world, 'artist');
    world.isCardRefused = true;
    const up = () => post(app, member, '/api/stripe/change-tier', { tier: 'studio' });
    const refused = await up();
    expect([refused.status, await codeOf(refused)]).toEqual([402, 'payment_failed']);
    expect((await membershipOf(app, member)).tier).toBe('artist');
    world.isCardRefused = false;
    expect(Membership.parse(await (await up()).json()).tier).toBe('studio');
    const before = await availableOf(app, member);
    const difference = tiers.studio.monthlyCredits - tiers.artist.monthlyCredits;
    expect(before).toBeGreaterThan(tiers.artist.monthlyCredits + difference - 10);
    expect(before).toBeLessThanOrEqual(tiers.studio.monthlyCredits);
    await up();
    expect(await availableOf(app, member)).toBe(before);
  });

  it('goes down at the end of the period, unless one goes back before', async () => {
    const { app, member, world } = await open();
    const subscription = await subscribed(app, member, world, 'studio');
    const change = async (tier: string) =>
      Membership.parse(await (await post(app, member, '/api/stripe/change-tier', { tier })).json());
    expect(await change('artist')).toMatchObject({ tier: 'studio', pending_tier_change: 'artist' });
    expect(await change('studio')).toMatchObject({ tier: 'studio', pending_tier_change: null });
    expect(await change('artist')).toMatchObject({ tier: 'studio', pending_tier_change: 'artist' });
    const before = await availableOf(app, member);
    const invoice = world.renew(subscription, { isPaid: true });
    await tell(app, signedEvent('invoice.paid', invoice));
    expect(await membershipOf(app, member)).toMatchObject({
      tier: 'artist',
      pending_tier_change: null,
    });
    expect(await availableOf(app, member)).toBe(before + tiers.artist.monthlyCredits);
  });

  it('is cancelled at the end of its period, and resumed before that', async () => {
    const { app, member, world } = await open();
    const subscription = await subscribed(app, member, world, 'artist');
    const act = async (name: string, json?: object) =>
      Membership.parse(await (await post(app, member, `/api/stripe/${name}`, json)).json());
    const cancelled = await act('cancel');
    expect(cancelled).toMatchObject({ tier: 'artist', status: 'active', auto_renewal: false });
    expect(cancelled.cancel_at).toBe(cancelled.current_period_end);
    expect(await act('resume')).toMatchObject({ cancel_at: null, auto_renewal: true });
    expect(await act('auto-renewal', { auto_renewal: false })).toMatchObject({
      auto_renewal: false,
    });
    Object.assign(world.get(subscription), { status: 'canceled' });
    await tell(app, signedEvent('customer.subscription.deleted', subscription));
    expect(await membershipOf(app, member)).toMatchObject({
      tier: 'free',
      status: 'canceled',
      stripe_subscription_id: null,
      cancel_at: null,
    });
    expect(await codeOf(await post(app, member, '/api/stripe/resume'))).toBe('conflict');
  });

  it('that is not paid is past due, with a mail, until it is paid or ends', async () => {
    const { app, member, world } = await open();
    const subscription = await subscribed(app, member, world, 'artist');
    const invoice = world.renew(subscription, { isPaid: false });
    await tell(app, signedEvent('invoice.payment_failed', invoice));
    expect(await membershipOf(app, member)).toMatchObject({ tier: 'artist', status: 'past_due' });
    const mails = await app.deps.db.selectFrom('mails').select('kind').execute();
    expect(mails).toEqual([{ kind: 'payment_failed' }]);
    expect(await availableOf(app, member)).toBe(tiers.artist.monthlyCredits);
    Object.assign(world.get(subscription), { status: 'active' });
    Object.assign(world.get(invoice), { status: 'paid' });
    await tell(app, signedEvent('invoice.paid', invoice));
    expect(await membershipOf(app, member)).toMatchObject({ tier: 'artist', status: 'active' });
    expect(await availableOf(app, member)).toBe(2 * tiers.artist.monthlyCredits);
  });

  it('is not begun twice from two pages', async () => {
    const { app, member, world } = await open();
    const first = await sessionOf(
      await post(app, member, '/api/stripe/checkout', { tier: 'artist' }),
    );
    await post(app, member, '/api/stripe/checkout', { tier: 'studio' });
    expect(world.get(first)['status']).toBe('expired');
  });
});

it('does not take back credits that are set aside or spent', async () => {
  const { app, member, world } = await open();
  const session = await sessionOf(
    await post(app, member, '/api/credits/purchase', { pack: 'small' }),
  );
  const { charge = '' } = world.pay(session);
  await tell(app, signedEvent('checkout.session.completed', session));
  const { db } = app.deps;
  await inTransaction(db, async (trx) => {
    const taskId = await insertTask(trx, member.id, 80);
    await reserve(trx, app.deps, { userId: member.id, taskId, credits: 80 });
  });
  Object.assign(world.get(charge), { amount_refunded: 1000 });
  await tell(app, signedEvent('charge.refunded', charge));
  expect(await findBalances(db, member.id)).toEqual({ available: 0, reserved: 80 });
});

it('gives the same page for a repeated purchase with an Idempotency-Key', async () => {
  const { app, member, requests } = await open();
  const headers = { 'Idempotency-Key': 'buy-1' };
  const buy = () =>
    app.ask('POST', '/api/credits/purchase', {
      token: member.token,
      json: { pack: 'small' },
      headers,
    });
  expect(await (await buy()).json()).toEqual(await (await buy()).json());
  expect(
    requests.filter(({ path, method }) => method === 'POST' && path === '/v1/checkout/sessions'),
  ).toHaveLength(1);
});

describe('without Stripe', () => {
  it('answers 503 billing_unavailable wherever payments would be', async () => {
    const app = await startApp();
    const member = await addMember(app);
    const calls: [string, object?][] = [
      ['/api/credits/purchase', { pack: 'small' }],
      ['/api/stripe/checkout', { tier: 'artist' }],
      ['/api/stripe/portal'],
      ['/api/stripe/change-tier', { tier: 'artist' }],
      ['/api/stripe/cancel'],
      ['/api/stripe/resume'],
      ['/api/stripe/auto-renewal', { auto_renewal: true }],
      ['/api/stripe/webhook', {}],
    ];
    for (const [path, json] of calls) {
      const reply = await post(app, member, path, json);
      expect([path, reply.status, await codeOf(reply)]).toEqual([path, 503, 'billing_unavailable']);
      expect(reply.headers.get('x-should-retry')).toBe('false');
    }
  });

  it('gives the credits of a free tier once a month, to the confirmed', async () => {
    const app = await startApp();
    const member = await addMember(app);
    const waiting = await addMember(app, { isConfirmed: false });
    await grantAllMonthlyCredits(app.deps);
    await grantAllMonthlyCredits(app.deps);
    expect(await availableOf(app, member)).toBe(tiers.free.monthlyCredits);
    app.advance(31 * 24 * 60 * 60);
    await grantAllMonthlyCredits(app.deps);
    const { db } = app.deps;
    expect(await findBalances(db, member.id)).toMatchObject({
      available: 2 * tiers.free.monthlyCredits,
    });
    expect(await findBalances(db, waiting.id)).toMatchObject({ available: 0 });
  });

  it('gives none where the service is unmetered, and says so', async () => {
    const app = await startApp({ env: { ROTO_CREDITS: 'off' } });
    const { token } = await addMember(app);
    await grantAllMonthlyCredits(app.deps);
    const reply = await app.ask('GET', '/api/credits', { token });
    expect(await reply.json()).toEqual({ available: 0, reserved: 0, metered: false });
  });
});
