import Module from 'node:module'

// What packages require, such as React DOM and the testing library, is React 18 too.
const modules = Module as unknown as { _resolveFilename: (request: string, ...rest: unknown[]) => string }
const resolve = modules._resolveFilename
modules._resolveFilename = (request, ...rest) => resolve(request.replace(/^react(?:-dom)?(?=$|\/)/, '$&-18'), ...rest)
