import '@fontsource-variable/inter/wght.css';
import '@fontsource/ibm-plex-sans-arabic/arabic-400.css';
import '@fontsource/ibm-plex-sans-arabic/arabic-600.css';
import './ui/tokens.css';
import './ui/document.css';
import './app.ts';
import { showTheme } from './ui/theme.ts';
import { installTooltips } from './ui/tooltip.ts';
import { startLanguage } from './words/words.ts';

showTheme();
startLanguage();
installTooltips();
document.body.append(document.createElement('lf-app'));
