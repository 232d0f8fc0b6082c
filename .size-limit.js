/** The figures are brotli bytes of what a production bundle loads at once, with React already on the page. */
const esbuild = (config) => ({
  ...config,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  // Loaded on demand, by those alone who ask for it.
  external: [...(config.external ?? []), '*/outbox-store.js', '*/tab-connection.js'],
})

const measure = (name, names, limit, path = 'dist/index.js') => ({
  name,
  path,
  import: names === '*' ? '*' : `{ ${names} }`,
  ignore: ['react', 'react/jsx-runtime', 'react-dom'],
  modifyEsbuildConfig: esbuild,
  ...(limit && { limit }),
})

export default [
  measure(
    'client with ladder, three transports, RealtimeProvider and useRealtime',
    'createClient, RealtimeProvider, useRealtime',
    '20.25 kB',
  ),
  measure('useWebSocket', 'useWebSocket', '5.3 kB'),
  measure('createWebSocketClient', 'createWebSocketClient'),
  measure('createEventStreamClient', 'createEventStreamClient'),
  measure('createLongPollClient', 'createLongPollClient'),
  measure('ConnectionBadge', 'ConnectionBadge', '3.5 kB', 'dist/components.js'),
  measure('all components', '*', '41 kB', 'dist/components.js'),
]
