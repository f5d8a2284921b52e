// Gets a page with the runtime's own fetch.
await (await fetch(process.argv[2])).text();
