import React from "react";

interface Props { title: string }

/** A button. */
export const Button: React.FC<Props> = ({ title }) => {
  const press = () => alert(title);
  return <button onClick={press}>{title}</button>;
};

export default function Page(props: Props) {
  return (
    <main>
      <Button title={props.title} />
    </main>
  );
}

class Panel extends React.Component<Props> {
  render() { return <div>{this.props.title}</div>; }
}
