import type { MailMessage } from './mailer.ts';

/** Asks whether an address is the person's who registered it. */
export function confirmMessage(to: string, link: string): MailMessage {
  return {
    to,
    subject: 'Confirm your address for roto',
    text: `Somebody, most likely you, made an account at roto with this address.\n\nConfirm it here, within a day:\n${link}\n\nIf it was not you, do nothing: nobody can use the account.\n`,
    link,
  };
}

/** Tells the owner of an account that somebody tried to register its address again. */
export function accountExistsMessage(to: string): MailMessage {
  return {
    to,
    subject: 'You already have an account at roto',
    text: 'Somebody, most likely you, wanted to make an account at roto with this address, and there is one already.\n\nSign in with it, or reset its password if you do not know it any more.\n',
  };
}

/** Lets the owner of an account choose a new password. */
export function resetMessage(to: string, link: string): MailMessage {
  return {
    to,
    subject: 'Choose a password for roto',
    text: `Somebody, most likely you, asked for a new password for the account at roto with this address.\n\nChoose it here, within an hour:\n${link}\n\nIf it was not you, do nothing: the password stays as it is.\n`,
    link,
  };
}

/** Tells that a subscription could not be charged, and that it will be tried again. */
export function paymentFailedMessage(to: string, link: string): MailMessage {
  return {
    to,
    subject: 'Your payment for roto did not go through',
    text: `Your subscription to roto could not be charged.\n\nWe try again in the days to come. Please see whether your way to pay is still right:\n${link}\n\nWithout a payment the subscription ends; nothing of yours is deleted by that.\n`,
    link,
  };
}

/** Tells a super user of a dispute. What it is about is not in the mail: it goes through other hands. */
export function paymentDisputedMessage(to: string): MailMessage {
  return {
    to,
    subject: 'A payment for roto is disputed',
    text: 'A payment is disputed, or there is news of one that was.\n\nStripe has the dispute and takes what speaks for you. Credits that the payment bought are taken back while the bank has the money, as far as they are not spent, and returned if you win; the ledger of the account says so, with the id of the dispute.\n',
  };
}
