// Runs before each test file: what helpers keep for one file begins anew.
import { forgetKeys } from './fake-keys.ts'

forgetKeys()
