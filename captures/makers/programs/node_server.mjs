// An HTTP/2 server with HTTP/1.1 beside it: node_server.mjs PORT CHAIN KEY [GROUPS [MINIMUM]]
// GROUPS is OpenSSL's list, for instance X25519MLKEM768:X25519; MINIMUM is TLSv1.2 or TLSv1.3.
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';

const [port, chain, key, groups = 'auto', minimum = 'TLSv1.2'] = process.argv.slice(2);
const server = createSecureServer({
  allowHTTP1: true,
  cert: readFileSync(chain),
  key: readFileSync(key),
  ecdhCurve: groups,
  minVersion: minimum,
});
server.on('request', (request, response) => response.end('{"service":"example","path":"/"}\n'));
server.on('tlsClientError', (error) => console.log('client error:', error.code));
server.on('sessionError', (error) => console.log('session error:', error.code));
server.listen({ port: Number(port), host: '::' });
