#!/usr/bin/env node
import './commands/main.ts'
