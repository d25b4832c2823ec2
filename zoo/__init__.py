"""The model zoo: trains Plumbline's models and migrates them to the formats that browsers run."""
