/** A mail, whole. */
export interface MailMessage {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The link in it, where it has one: without a mail provider the log shows it. */
  readonly link?: string;
}

/** Sends mail; throws where that failed and may be tried again. */
export interface Mailer {
  send(message: MailMessage): Promise<void>;
}
