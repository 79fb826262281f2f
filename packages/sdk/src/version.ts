/** Version of this package, as requests say it; a test holds it to that of package.json. */
export const sdkVersion = '0.1.0';
