import type { CommandGroupSpec, CommandSpec } from './command-spec.ts';

/** A command as the help of roto lists it; the rest of it is loaded once it is named. */
export interface CommandEntry {
  readonly name: string;
  /** That of the spec, here so that the list is shown without loading every command. */
  readonly summary: string;
  /** Made anew for each run: commands collect prompts. */
  readonly load: () => Promise<CommandSpec | CommandGroupSpec>;
}

/** Every command, in the order of the help. */
export const commandEntries: readonly CommandEntry[] = [
  {
    name: 'mask',
    summary: 'cut an object out of a clip: clicks in, mattes out',
    load: async () => (await import('./mask/command.ts')).createMaskCommand(),
  },
  {
    name: 'preview',
    summary: 'show what a click selects on one frame, in the terminal',
    load: async () => (await import('./preview/command.ts')).createPreviewCommand(),
  },
  {
    name: 'pick',
    summary: 'choose points by looking, in the terminal or the browser',
    load: async () => (await import('./pick/command.ts')).createPickCommand(),
  },
  {
    name: 'greenscreen',
    summary: 'put the objects over a plain colour, as a movie with sound',
    load: async () => (await import('./greenscreen/command.ts')).createGreenscreenCommand(),
  },
  {
    name: 'export',
    summary: 'write a track again: other formats, another edge, no tracking',
    load: async () => (await import('./export/command.ts')).createExportCommand(),
  },
  {
    name: 'login',
    summary: 'sign in to a roto server, with a password or an API key',
    load: async () => (await import('./account/login.ts')).createLoginCommand(),
  },
  {
    name: 'logout',
    summary: 'sign out, and forget the login',
    load: async () => (await import('./account/logout.ts')).createLogoutCommand(),
  },
  {
    name: 'whoami',
    summary: 'the server and the account that commands use',
    load: async () => (await import('./account/whoami.ts')).createWhoamiCommand(),
  },
  {
    name: 'register',
    summary: 'make an account on a roto server',
    load: async () => (await import('./account/register.ts')).createRegisterCommand(),
  },
  {
    name: 'confirm',
    summary: 'confirm the address of an account by the link of its mail',
    load: async () => (await import('./account/register.ts')).createConfirmCommand(),
  },
  {
    name: 'resend-confirmation',
    summary: 'send the mail that confirms an address again',
    load: async () => (await import('./account/register.ts')).createResendConfirmationCommand(),
  },
  {
    name: 'upload',
    summary: 'send a movie or a sequence to the server',
    load: async () => (await import('./upload/command.ts')).createUploadCommand(),
  },
  {
    name: 'videos',
    summary: 'the clips on the server',
    load: async () => (await import('./videos/command.ts')).createVideosCommands(),
  },
  {
    name: 'tasks',
    summary: 'the work on the server',
    load: async () => (await import('./tasks/command.ts')).createTasksCommands(),
  },
  {
    name: 'credits',
    summary: 'credits to spend on the server',
    load: async () => (await import('./credits/command.ts')).createCreditsCommands(),
  },
  {
    name: 'plan',
    summary: 'the subscription on the server',
    load: async () => (await import('./plan/command.ts')).createPlanCommands(),
  },
  {
    name: 'storage',
    summary: 'what the account keeps on the server, and may',
    load: async () => (await import('./storage/command.ts')).createStorageCommand(),
  },
  {
    name: 'keys',
    summary: 'API keys, for pipelines and programs',
    load: async () => (await import('./keys/command.ts')).createKeysCommands(),
  },
  {
    name: 'open',
    summary: 'open the status page of the server, or a task on it',
    load: async () => (await import('./open/command.ts')).createOpenCommand(),
  },
  {
    name: 'completion',
    summary: 'print a script that lets a shell complete roto',
    load: async () =>
      (await import('./completion/command.ts')).createCompletionCommand(loadCommandSpecs),
  },
  {
    name: 'models',
    summary: 'the models of this machine and their licences',
    load: async () => (await import('./models/command.ts')).createModelsCommands(),
  },
  {
    name: 'cache',
    summary: 'the tracks kept on this machine',
    load: async () => (await import('./cache/command.ts')).createCacheCommands(),
  },
  {
    name: 'doctor',
    summary: 'check this machine: ffmpeg, engines, models, memory, disk',
    load: async () => (await import('./doctor/command.ts')).createDoctorCommand(),
  },
  {
    name: 'setup',
    summary: 'what the engines can use and npm does not bring',
    load: async () => (await import('./setup/command.ts')).createSetupCommands(),
  },
  {
    name: 'serve',
    summary: 'run the service on this machine',
    load: async () => (await import('./serve/command.ts')).createServeCommand(),
  },
  {
    name: 'worker',
    summary: "run the service's tasks on this machine",
    load: async () => (await import('./worker/command.ts')).createWorkerCommand(),
  },
  {
    name: 'migrate',
    summary: "bring the service's database up to date",
    load: async () => (await import('./migrate/command.ts')).createMigrateCommand(),
  },
  {
    name: 'admin',
    summary: 'those who run the service',
    load: async () => (await import('./admin/command.ts')).createAdminCommands(),
  },
];

/** Every command with all it says, in the order of the help. */
export function loadCommandSpecs(): Promise<(CommandSpec | CommandGroupSpec)[]> {
  return Promise.all(commandEntries.map(({ load }) => load()));
}
