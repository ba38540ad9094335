import { createRoot } from 'react-dom/client';
import { Group, makeSystem } from './Group.jsx';

createRoot(document.getElementById('root')).render(<Group live={makeSystem()} />);
