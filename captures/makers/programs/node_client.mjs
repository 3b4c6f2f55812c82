// An HTTP/2 client: node_client.mjs URL [AUTHORITY [GROUPS]]; without AUTHORITY, or with -, nothing is verified.
// GROUPS is OpenSSL's list, the first one gets the key share.
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';

const [url, authority = '-', groups = 'auto'] = process.argv.slice(2);
const options = { ecdhCurve: groups, ALPNProtocols: ['h2', 'http/1.1'] };
if (authority === '-') options.rejectUnauthorized = false;
else options.ca = readFileSync(authority);
const session = connect(url, options);
session.on('error', (error) => console.log('session error:', error.code));
session.on('connect', () => {
  const request = session.request({ ':path': '/' });
  request.on('data', () => {});
  request.on('error', (error) => console.log('request error:', error.code));
  request.on('end', () => session.close());
  request.end();
});
