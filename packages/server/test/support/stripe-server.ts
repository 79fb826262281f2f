import { randomBytes } from 'node:crypto';
import Stripe from 'stripe';
import { creditPacks } from '../../src/services/credit-packs.ts';
import { type Tier, tiers } from '../../src/services/tiers.ts';
import { type LocalReply, type ReceivedRequest, startLocalServer } from './local-server.ts';

/** What a subscription is to. */
interface Item {
  id: string;
  price: Thing;
  current_period_start: number;
  current_period_end: number;
}

/** A thing as Stripe's API shows it. */
interface Thing {
  id: string;
  items?: { data: Item[] };
  [field: string]: unknown;
}

const day = 24 * 60 * 60;
export const webhookSecret = 'whsec_test_secret';
const signer = new Stripe('sk_test_signer');

/**
 * A Stripe of this machine: it speaks the part of Stripe's protocol that the service uses, with state
 * of its own, and does what people do at its pages: pay, fail to pay, let a period pass.
 */
export async function startStripe() {
  const world = new World();
  const { origin, requests } = await startLocalServer((request) => world.answer(request));
  const env = {
    STRIPE_SECRET_KEY: 'sk_test_key',
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    STRIPE_API_URL: origin,
  };
  return { world, env, requests };
}

/** An event as Stripe would send it now, signed by its library. */
export function signedEvent(type: string, objectId: string, secret = webhookSecret) {
  const event = {
    id: `evt_${randomBytes(8).toString('hex')}`,
    object: 'event',
    type,
    created: Math.floor(Date.now() / 1000),
    data: { object: { id: objectId } },
  };
  const payload = JSON.stringify(event);
  const signature = signer.webhooks.generateTestHeaderString({ payload, secret });
  return { id: event.id, payload, signature };
}

export class World {
  readonly #things = new Map<string, Thing>();
  readonly #prices: Thing[];
  #count = 0;
  /** Makes every charge fail while it is set. */
  isCardRefused: boolean = false;
  /** Answers nothing but 500 while it is set. */
  isDown: boolean = false;

  constructor() {
    const sold = [
      ...Object.values<Tier>(tiers).map(({ stripePrice }) => stripePrice),
      ...Object.values(creditPacks).map(({ stripePrice }) => stripePrice),
    ].filter((key) => key !== null);
    this.#prices = sold.map((lookup_key) =>
      this.#add('price', { object: 'price', lookup_key, active: true }),
    );
  }

  get(id: string): Thing {
    const thing = this.#things.get(id);
    if (thing === undefined) throw new Error(`Stripe has no ${id}.`);
    return thing;
  }

  has(id: string): boolean {
    return this.#things.has(id);
  }

  /** The person pays at the page of a session; gives what came of it. */
  pay(sessionId: string): { subscription?: string; invoice?: string; charge?: string } {
    const session = this.get(sessionId);
    Object.assign(session, { status: 'complete', payment_status: 'paid' });
    if (session['mode'] === 'payment') {
      const metadata = session['payment_metadata'];
      const intent = this.#add('pi', { object: 'payment_intent', metadata });
      session['payment_intent'] = intent.id;
      const charge = this.#add('ch', {
        object: 'charge',
        payment_intent: intent.id,
        amount: 1000,
        amount_refunded: 0,
        metadata,
      });
      return { charge: charge.id };
    }
    const start = Math.floor(Date.now() / 1000);
    const subscription = this.#add('sub', {
      object: 'subscription',
      customer: session['customer'],
      status: 'active',
      metadata: session['subscription_metadata'],
      cancel_at: null,
      cancel_at_period_end: false,
      items: {
        object: 'list',
        data: [
          {
            id: 'si_1',
            price: this.get(String(session['price'])),
            current_period_start: start,
            current_period_end: start + 30 * day,
          },
        ],
      },
    });
    session['subscription'] = subscription.id;
    return {
      subscription: subscription.id,
      invoice: this.#invoice(subscription, 'subscription_create', 'paid').id,
    };
  }

  /** The bank takes a payment back, or a part of it, until that is decided; gives the dispute. */
  dispute(chargeId: string, amount: number): string {
    const { payment_intent } = this.get(chargeId);
    const status = 'needs_response';
    const dispute = { object: 'dispute', charge: chargeId, payment_intent, amount, status };
    return this.#add('du', dispute).id;
  }

  /** A period of a subscription passes, and the next one is paid, or not; gives its invoice. */
  renew(subscriptionId: string, { isPaid }: { readonly isPaid: boolean }): string {
    const subscription = this.get(subscriptionId);
    const item = itemOf(subscription);
    item.current_period_start = item.current_period_end;
    item.current_period_end += 30 * day;
    subscription['status'] = isPaid ? 'active' : 'past_due';
    return this.#invoice(subscription, 'subscription_cycle', isPaid ? 'paid' : 'open').id;
  }

  #invoice(subscription: Thing, billing_reason: string, status: string): Thing {
    return this.#add('in', {
      object: 'invoice',
      customer: subscription['customer'],
      status,
      billing_reason,
      parent: {
        subscription_details: {
          subscription: subscription.id,
          metadata: structuredClone(subscription['metadata']),
        },
      },
      lines: {
        object: 'list',
        data: [{ pricing: { price_details: { price: itemOf(subscription).price.id } } }],
      },
    });
  }

  #add(prefix: string, fields: Omit<Thing, 'id'>): Thing {
    this.#count += 1;
    const thing = { id: `${prefix}_${this.#count}`, ...fields };
    this.#things.set(thing.id, thing);
    return thing;
  }

  answer({ method, path, body, headers }: ReceivedRequest): LocalReply {
    if (this.isDown) return failure(500, 'api_error', 'down');
    if (headers.authorization !== 'Bearer sk_test_key') {
      return failure(401, 'invalid_request_error', 'Invalid API Key');
    }
    const url = new URL(path, 'http://stripe.test');
    const [, , kind = '', ...rest] = url.pathname.split('/');
    const params = formOf(method === 'GET' ? url.search.slice(1) : body);
    const route = `${method} ${[kind, ...rest.map((part) => (this.has(part) ? ':id' : part))].join('/')}`;
    const id = rest.find((part) => this.has(part)) ?? '';
    switch (route) {
      case 'POST customers':
        return { body: this.#add('cus', { object: 'customer', email: params['email'] }) };
      case 'GET prices':
        return list(
          this.#prices.filter((price) => price['lookup_key'] === params['lookup_keys[0]']),
        );
      case 'GET checkout/sessions':
        return list(
          [...this.#things.values()].filter(
            (thing) => thing['object'] === 'checkout.session' && thing['status'] === 'open',
          ),
        );
      case 'POST checkout/sessions':
        return { body: this.#session(params) };
      case 'POST checkout/sessions/:id/expire':
        return { body: Object.assign(this.get(id), { status: 'expired', url: null }) };
      case 'POST billing_portal/sessions':
        return { body: this.#add('bps', { url: 'https://billing.stripe.test/portal' }) };
      case 'GET subscriptions/:id':
      case 'GET checkout/sessions/:id':
      case 'GET invoices/:id':
      case 'GET prices/:id':
      case 'GET charges/:id':
      case 'GET disputes/:id':
        return { body: this.get(id) };
      case 'POST subscriptions/:id':
        return this.#update(this.get(id), params);
      case 'DELETE customers/:id':
        return this.#forget(id);
      default:
        return failure(404, 'invalid_request_error', `No such route: ${route}`);
    }
  }

  #session(params: Form): Thing {
    const session = this.#add('cs', {
      object: 'checkout.session',
      mode: params['mode'],
      status: 'open',
      payment_status: 'unpaid',
      customer: params['customer'],
      subscription: null,
      payment_intent: null,
      price: params['line_items[0][price]'],
      metadata: metadataOf(params, 'metadata'),
      payment_metadata: metadataOf(params, 'payment_intent_data[metadata]'),
      subscription_metadata: metadataOf(params, 'subscription_data[metadata]'),
    });
    session['url'] = `https://checkout.stripe.test/${session.id}`;
    return session;
  }

  #update(subscription: Thing, params: Form): LocalReply {
    const price = params['items[0][price]'];
    if (price !== undefined) {
      const isCharged = params['proration_behavior'] === 'always_invoice';
      if (isCharged && this.isCardRefused) {
        return failure(402, 'card_error', 'Your card was declined.');
      }
      itemOf(subscription).price = this.get(price);
      Object.assign(subscription, { metadata: metadataOf(params, 'metadata') });
      if (isCharged) this.#invoice(subscription, 'subscription_update', 'paid');
    }
    const atEnd = params['cancel_at_period_end'];
    if (atEnd !== undefined) subscription['cancel_at_period_end'] = atEnd === 'true';
    return { body: subscription };
  }

  /** Deleting a customer cancels its subscriptions at once, as Stripe does it. */
  #forget(customerId: string): LocalReply {
    this.#things.delete(customerId);
    for (const thing of this.#things.values()) {
      if (thing['object'] === 'subscription' && thing['customer'] === customerId) {
        thing['status'] = 'canceled';
      }
    }
    return { body: { id: customerId, object: 'customer', deleted: true } };
  }
}

function itemOf({ id, items }: Thing): Item {
  const item = items?.data[0];
  if (item === undefined) throw new Error(`${id} has no item`);
  return item;
}

/** Fields of a form, by the names they are sent under. */
type Form = Partial<Record<string, string>>;

function formOf(text: string): Form {
  return Object.fromEntries(new URLSearchParams(text));
}

function metadataOf(params: Form, name: string): Form {
  const entries = Object.entries(params)
    .filter(([key]) => key.startsWith(`${name}[`))
    .map(([key, value]) => [key.slice(name.length + 1, -1), value]);
  return Object.fromEntries(entries);
}

function list(data: Thing[]): LocalReply {
  return { body: { object: 'list', data, has_more: false, url: '/' } };
}

function failure(status: number, type: string, message: string): LocalReply {
  // Told not to try again, as tests do not wait for that.
  return {
    status,
    headers: { 'Stripe-Should-Retry': 'false' },
    body: { error: { type, message } },
  };
}
