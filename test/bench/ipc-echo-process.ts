// A child of the sandbox's bench: sends back what it is sent.
process.on('message', (message) => process.send?.(message));
