import { AT_PROVIDER, all, OF_APP } from './codes.ts'
import type { Texts } from './texts.ts'

/** Spanish. */
export const es: Texts = {
  name: 'Español',
  signIn: {
    signIn: 'Iniciar sesión',
    continueTo: (client) => `para continuar en ${client}`,
    signInWith: (provider) => `Iniciar sesión con ${provider}`,
    emulated: 'EMULADO',
    emulatedNote:
      'Solo para desarrollo: en el emulador, cualquiera puede entrar con cualquier cuenta.',
    lastUsed: 'Último usado',
    noProviders: 'No hay ningún proveedor activado.',
    opensOutside: 'Se abre en tu navegador',
    opensAppOutside: (client) => `Abre ${client} en tu navegador`,
    onlyOutside: 'Solo en tu navegador',
    notInside: (provider, app) => `${provider} no permite iniciar sesión dentro de ${app}.`,
    nothingOpens: (provider, app) => `${es.signIn.notInside(provider, app)} ¿No se abre nada?`,
    address: 'Copia esta dirección y ábrela en tu navegador',
    copy: 'Copiar la dirección',
    copied: 'Copiada',
    copyByHand: 'Mantén pulsada la dirección para copiarla',
    language: 'Idioma',
  },
  problem: {
    failed: 'No se ha podido iniciar sesión',
    failedElsewhere: 'Algo ha fallado',
    titles: { not_found: 'Página no encontrada', invalid_token: 'No has iniciado sesión' },
    tryAgain: 'Volver a intentarlo',
    retryIn: (time) => `Podrás volver a intentarlo en ${time}.`,
    retryNow: 'Ya puedes volver a intentarlo.',
    anotherAccount: 'Usar otra cuenta',
    otherWays: 'Otras formas de iniciar sesión',
    signIn: 'Iniciar sesión',
    backTo: (client) => `Volver a ${client}`,
    open: (client) => `Abrir ${client}`,
    reasons: {
      direct_answer_off: {
        title: 'Ábrelo desde tu aplicación',
        text: 'Ninguna aplicación te ha traído aquí, así que no hay dónde iniciar sesión. Abre la aplicación que quieres usar e inicia sesión desde allí.',
      },
      cookies_missing: {
        title: null,
        text: ({ host }) =>
          `El navegador no ha devuelto la cookie necesaria para iniciar sesión. O bloquea las cookies de ${host}, o empezaste en otro navegador. Permite las cookies e inténtalo de nuevo aquí.`,
      },
      user_disabled: {
        title: 'Esta cuenta está desactivada',
        text: 'Tu cuenta aquí está desactivada y no puedes iniciar sesión con ella. Si crees que es un error, pregunta a los responsables de la aplicación.',
      },
      sign_up_closed: {
        title: 'No se admiten cuentas nuevas',
        text: 'Aquí solo puede iniciar sesión quien ya tiene una cuenta. Si la tienes, usa la cuenta con la que entraste la otra vez.',
      },
      sign_up_domain: {
        title: 'Con esta dirección no puedes registrarte',
        text: ({ domains }) =>
          `Para registrarte necesitas una dirección de correo de ${domains} que tu proveedor haya verificado. Si la tienes, usa esa cuenta.`,
      },
      not_of_organisation: {
        title: 'Esta cuenta no sirve aquí',
        text: 'Aquí solo pueden iniciar sesión las cuentas de una organización. Si tienes una, usa esa cuenta.',
      },
    },
    code: 'Código',
    requestId: 'ID de la solicitud',
    provider: 'El proveedor',
    problems: {
      unknown_provider: 'Esta forma de iniciar sesión no está disponible aquí.',
      ...all(
        OF_APP,
        'El enlace o la aplicación que te ha traído aquí envió una solicitud incorrecta.',
      ),
      invalid_state:
        'Este inicio de sesión ha caducado, ya ha terminado o empezó en otra ventana. Vuelve a empezar.',
      access_denied: 'Se canceló el inicio de sesión o esta cuenta no puede entrar aquí.',
      invalid_code: 'Este inicio de sesión ha caducado o ya se usó. Vuelve a empezar.',
      invalid_provider_response: (provider) =>
        `No se ha podido verificar la respuesta de ${provider}, así que no se ha iniciado sesión. Vuelve a intentarlo.`,
      provider_error: (provider) =>
        `${provider} no ha podido iniciar tu sesión. Vuelve a intentarlo.`,
      provider_timeout: (provider) => `${provider} no ha respondido a tiempo. Vuelve a intentarlo.`,
      temporarily_unavailable:
        'Ahora mismo no se puede iniciar sesión. Vuelve a intentarlo dentro de un momento.',
      rate_limited: 'Demasiadas solicitudes. Espera un momento y vuelve a intentarlo.',
      not_found: 'Puede que la dirección esté mal escrita o que la página ya no exista.',
      last_identity: 'Es la única forma de entrar en esta cuenta, así que no se ha desvinculado.',
      identity_in_use: 'Otra persona ya usa esta cuenta aquí.',
      provider_in_use: 'Ya hay otra cuenta del mismo proveedor vinculada.',
      method_not_allowed: 'Esta dirección no es una página que se pueda abrir.',
      invalid_token: 'Puede que tu sesión haya terminado. Inicia sesión.',
      ...all(AT_PROVIDER, 'Vuelve a iniciar sesión con el proveedor.'),
      insufficient_user_authentication: 'Vuelve a iniciar sesión para continuar.',
      csrf: 'La solicitud venía de otro sitio, así que no se ha cambiado nada.',
      payload_too_large: 'Lo enviado es demasiado grande.',
      unsupported_media_type: 'No se ha podido leer lo enviado.',
      request_timeout: 'La conexión era demasiado lenta. Vuelve a intentarlo.',
      server_error: 'Algo ha fallado. Vuelve a intentarlo.',
    },
  },
  popup: {
    signedIn: 'Has iniciado sesión',
    confirmed: 'Tu cuenta está confirmada',
    close: 'Puedes cerrar esta ventana.',
  },
  token: {
    signedInAs: (who) => `Has iniciado sesión como ${who}`,
    what: 'Ninguna aplicación te ha enviado aquí, así que Latchkey muestra la respuesta que recibe un programa. Contiene tokens: quien los vea puede usarlos.',
    show: 'Mostrar el JSON',
  },
  received: {
    title: 'Hemos eliminado tus datos',
    text: (provider, day) =>
      `${provider} nos transmitió tu petición el ${day}. Hemos eliminado lo que ${provider} nos había dado sobre ti y hemos cerrado tu sesión.`,
  },
  signedOut: { title: 'Has cerrado la sesión', text: 'Puedes cerrar esta página.' },
  brand: { terms: 'Condiciones del servicio', privacy: 'Política de privacidad' },
  playground: {
    title: 'Área de pruebas',
    skip: 'Ir al inicio de sesión',
    language: 'Idioma',
    signInPage: 'Página de inicio de sesión',
    apiReference: 'Referencia de la API',
    lead: (url) =>
      `Un cliente real del Latchkey de <code>${url}</code>: inicia tu sesión, canjea el código por tokens y pregunta quién eres, con las mismas llamadas que hará tu aplicación. Está aquí porque la dirección de Latchkey es de esta máquina.`,
    oneLogin: 'Un inicio de sesión completo en la línea de comandos',
    providers: 'Los proveedores, en la línea de comandos',
    command: 'Comando',
    settings: 'Ajustes',
    withoutScript: (base) =>
      `El resto del área de pruebas necesita JavaScript. Sin él, ejecuta el comando de arriba o <a href="${base}/login">inicia sesión</a> y lee la respuesta en JSON.`,
    next: 'Siguiente paso: tu propia aplicación',
    steps: (callbackUrl, base) => [
      'Pon el nombre de tu aplicación en <code>CLIENTS</code>. Esta página sigue a su lado mientras la dirección de Latchkey sea de esta máquina.',
      `Registra <code>${callbackUrl}</code> en la consola del proveedor y dale a Latchkey sus claves.`,
      'Ejecuta <code>npm run doctor</code> para saber qué falta.',
      `En tu API, verifica los tokens de acceso con <a href="${base}/.well-known/jwks.json">jwks.json</a>; sirve cualquier biblioteca de JWT.`,
    ],
    further: 'El README sigue a partir de aquí; <code>.env.example</code> explica cada ajuste.',
  },
}
