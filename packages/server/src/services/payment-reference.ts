/** The reference in the ledger of the credits that a payment of Stripe's has bought. */
export function paymentReference(payment: string): string {
  return `payment:${payment}`;
}
