import { type MailDocument, RotoError } from '@roto/sdk/contract';
import { changeAuthFile, type Profile, withProfile } from '../../config/auth-file.ts';
import { findConnection } from '../../config/connection.ts';
import { envValue, type Io } from '../../io/io.ts';
import { clientFor } from '../../server/open-server.ts';
import { defineAskingCommand } from '../server-command.ts';
import { accountOptions, emailFor, parseEmail, passwordFor } from './account-options.ts';

/** `roto register`: a new account. */
export function createRegisterCommand() {
  return defineAskingCommand({
    name: 'register',
    summary: 'make an account on a roto server',
    description: [
      'Makes an account and lets the server send a mail with a link, which confirms the address. Then roto login signs in. The server says the same whether or not the address has an account already: the mail says which.',
    ],
    options: accountOptions,
    examples: [
      { text: '', line: 'roto register --base-url https://roto.example.com' },
      {
        text: 'in a script',
        line: 'roto register --email ada@example.com --password-stdin < password.txt',
      },
    ],
    answer: async ({ options, io }) => {
      const roto = await anonymous(io, options);
      const email = await emailFor(io, options);
      const password = await passwordFor(io, options, { isNew: true });
      const result = await roto.auth.register({ email, password }, { signal: io.signal });
      await rememberServer(io, options, { baseUrl: roto.baseUrl, email: result.email });
      return mailSent(result.email);
    },
  });
}

/** Lets the commands that follow go to the same server, where no login stands there already. */
async function rememberServer(
  io: Io,
  options: Parameters<typeof findConnection>[1],
  profile: Profile,
): Promise<void> {
  await changeAuthFile(io, (file) => {
    const name = options.profile ?? envValue(io, 'ROTO_PROFILE') ?? file.current;
    if (file.profiles[name] !== undefined) return file;
    return withProfile(file, name, profile, { isCurrent: true });
  });
}

/** `roto resend-confirmation`: the mail of the registration once more. */
export function createResendConfirmationCommand() {
  return defineAskingCommand({
    name: 'resend-confirmation',
    summary: 'send the mail that confirms an address again',
    description: ['Sends the mail again, where the address waits for being confirmed.'],
    arguments: [{ syntax: '<email>', text: 'address of the account' }],
    examples: [{ text: '', line: 'roto resend-confirmation ada@example.com' }],
    answer: async ({ words: [word = ''], options, io }) => {
      const email = parseEmail(word);
      const roto = await anonymous(io, options);
      const result = await roto.auth.resendConfirmation({ email }, { signal: io.signal });
      return mailSent(result.email);
    },
  });
}

/** `roto confirm`: the link of the mail, without a browser. */
export function createConfirmCommand() {
  return defineAskingCommand({
    name: 'confirm',
    summary: 'confirm the address of an account by the link of its mail',
    description: ['Takes the whole link of the mail, or the token at its end.'],
    arguments: [{ syntax: '<link>', text: 'link of the mail, or its token' }],
    examples: [{ text: '', line: 'roto confirm https://roto.example.com/confirm/Zk3...' }],
    answer: async ({ words: [word = ''], options, io }) => {
      const token = /[\w-]{20,200}$/.exec(word.trim())?.[0];
      if (token === undefined) {
        throw new RotoError('invalid_argument', 'Expected the link of the mail, or its token.', {
          param: 'link',
        });
      }
      const roto = await anonymous(io, options);
      const { status } = await roto.auth.confirm(token, { signal: io.signal });
      const line =
        status === 'confirmed'
          ? 'The address is confirmed. Sign in with roto login.'
          : 'The address is confirmed; a mail with a link to choose a password is on its way.';
      return { document: { schema: 'roto.confirmed/1', status }, lines: [line] };
    },
  });
}

/** A client of the server that is meant, as nobody. */
async function anonymous(io: Io, options: Parameters<typeof findConnection>[1]) {
  const connection = await findConnection(io, options);
  if (connection !== undefined) return clientFor(connection.baseUrl);
  throw new RotoError('invalid_argument', 'Expected --base-url, the address of the server.', {
    param: '--base-url',
    hint: 'For example --base-url http://127.0.0.1:8000.',
  });
}

function mailSent(email: string) {
  const document: MailDocument = { schema: 'roto.mail/1', status: 'mail_sent', email };
  return {
    document,
    lines: [`A mail is on its way to ${email}: open its link, or roto confirm LINK.`],
  };
}
